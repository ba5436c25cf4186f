package io.darex.prune;

import java.util.List;
import java.util.regex.Pattern;

/** Two checkpoints, or a sparse delta and its base, that do not belong together. */
public final class MismatchException extends IllegalArgumentException {
  private static final Pattern BREAK = Pattern.compile("[\\p{Cc}\\u2028\\u2029]");

  private final transient List<String> problems;

  /** Reports every problem at once, so that one run tells the user all there is to mend. */
  public MismatchException(List<String> problems) {
    super(String.join("; ", lines(problems)));
    this.problems = lines(problems);
  }

  /** The problems, one sentence each, each in one line. */
  public List<String> problems() {
    return problems;
  }

  /** A name may come from a hostile file: none breaks the line. */
  private static List<String> lines(List<String> problems) {
    return problems.stream().map(text -> BREAK.matcher(text).replaceAll("?")).toList();
  }
}
