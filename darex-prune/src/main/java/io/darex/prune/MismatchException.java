package io.darex.prune;

import java.util.List;

/** Two checkpoints, or a sparse delta and its base, that do not belong together. */
public final class MismatchException extends IllegalArgumentException {
  private final transient List<String> problems;

  /** Reports every problem at once, so that one run tells the user all there is to mend. */
  public MismatchException(List<String> problems) {
    super(OneLine.of(String.join("; ", problems)));
    this.problems = problems.stream().map(OneLine::of).toList();
  }

  /** The problems, one sentence each, each in one line. */
  public List<String> problems() {
    return problems;
  }
}
