package io.darex.bench.console;

import java.nio.file.Path;

/**
 * What the user gave cannot be used. The message is one line that says what was expected, what came
 * and where; the command line prints it as it is and exits with 2.
 */
public final class BadInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int QUOTED = 60;

  /**
   * Takes the line to print; control characters in it, which only input can bring, become spaces.
   */
  public BadInputException(String message) {
    super(oneLine(message));
  }

  /** As above, keeping what was thrown underneath for {@code --verbose}. */
  public BadInputException(String message, Throwable cause) {
    super(oneLine(message), cause);
  }

  /** The fault at a line of a file, counted from 1: {@code FILE:LINE: expected …, got …}. */
  public static BadInputException at(Path file, long line, String expected, String came) {
    return new BadInputException(file + ":" + line + ": expected " + expected + ", got " + came);
  }

  /** A value of the input between quotes, cut where it would flood the line. */
  public static String quote(String value) {
    boolean fits = value.codePointCount(0, value.length()) <= QUOTED;
    return '"'
        + (fits ? value : value.substring(0, value.offsetByCodePoints(0, QUOTED)) + "…")
        + '"';
  }

  private static String oneLine(String message) {
    return message.replaceAll("[\\p{Cc}\\u2028\\u2029]+", " ");
  }
}
