package io.darex.prune;

import java.util.regex.Pattern;

/** What a message quotes may be a hostile file's: it breaks no line. */
public final class OneLine {
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\u2028\\u2029]");

  private OneLine() {}

  /** The text with a question mark for each control character and each separator of lines. */
  public static String of(String text) {
    return CONTROL.matcher(text).replaceAll("?");
  }
}
