package io.darex.prune.file;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Matches regular expressions of a file in a bounded number of steps, for some that a stranger
 * writes would never end. A step is one look at a character; what a matcher may do between two of
 * them is bounded by {@link #isModest}.
 */
public final class Steps {
  /** A second or so; two hundred modules with two patterns each take half of it. */
  private static final long MOST = 30_000_000;

  /** Most characters of an expression. */
  private static final int MAX_LENGTH = 1000;

  /** The most that all counts such as {@code {2,3}} of an expression may come to together. */
  private static final long MAX_REPEATS = 1000;

  private static final Pattern COUNT = Pattern.compile("\\{(\\d+)(,(\\d*))?}");

  private final Path file;
  private long left = MOST;

  /**
   * @param file that has the expressions, for messages
   */
  public Steps(Path file) {
    this.file = file;
  }

  /**
   * Whether all of {@code text} matches.
   *
   * @throws MalformedFileException if that is not known after {@value #MOST} steps of all matches
   *     together, or takes too deep a stack
   */
  public boolean match(Pattern pattern, String text) throws MalformedFileException {
    try {
      return pattern.matcher(new Counted(text)).matches();
    } catch (OutOfStepsException | StackOverflowError e) {
      throw new MalformedFileException(
          file, "regular expressions that are matched in " + MOST + " steps", pattern);
    }
  }

  /** Whether an expression is short and repeats little; matching nothing takes no step. */
  public static boolean isModest(String expression) {
    double repeats =
        COUNT
            .matcher(expression)
            .results()
            .mapToDouble(
                count -> {
                  String most = count.group(3);
                  return Double.parseDouble(most == null || most.isEmpty() ? count.group(1) : most);
                })
            .map(most -> Math.max(1, most))
            .reduce(1, (a, b) -> a * b);
    return expression.length() <= MAX_LENGTH && repeats <= MAX_REPEATS;
  }

  private static final class OutOfStepsException extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** A text that counts how often it is looked at. */
  private final class Counted implements CharSequence {
    private final String text;

    Counted(String text) {
      this.text = text;
    }

    @Override
    public char charAt(int index) {
      if (--left < 0) {
        throw new OutOfStepsException();
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
