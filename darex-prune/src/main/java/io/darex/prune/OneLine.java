package io.darex.prune;

import java.util.Locale;

/**
 * Texts of strangers (names in files, file names, values), made safe for one line of a message or a
 * terminal.
 */
public final class OneLine {
  private OneLine() {}

  /**
   * Returns the text with each control character, each separator of lines and each mark of writing
   * direction escaped as {@code \}{@code u001b}.
   */
  public static String of(String text) {
    return of(text, "");
  }

  /** Returns {@link #of(String)} of the text, but with the characters {@code kept} as they are. */
  public static String of(String text, String kept) {
    if (text.chars().noneMatch(c -> isObeyed(c) && kept.indexOf(c) < 0)) {
      return text;
    }
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (isObeyed(c) && kept.indexOf(c) < 0) {
        line.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        line.append(c);
      }
    }
    return line.toString();
  }

  /** Whether a terminal acts on the character instead of showing it. */
  private static boolean isObeyed(int c) {
    return Character.isISOControl(c)
        || c == 0x2028
        || c == 0x2029
        || c == 0x061C
        || c == 0x200E
        || c == 0x200F
        || (c >= 0x202A && c <= 0x202E)
        || (c >= 0x2066 && c <= 0x2069);
  }
}
