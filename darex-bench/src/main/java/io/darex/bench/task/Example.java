package io.darex.bench.task;

import java.util.Optional;

/**
 * One text, or pair of texts, and its answer.
 *
 * @param text the first or only text
 * @param second the second text of a pair task
 * @param label index into the task's labels, or the score in a regression; NaN in a test set, which
 *     has none
 */
public record Example(String text, Optional<String> second, double label) {
  /** An example of a task on single texts. */
  public static Example of(String text, double label) {
    return new Example(text, Optional.empty(), label);
  }

  /** Whether the answer is known. */
  public boolean labelled() {
    return !Double.isNaN(label);
  }
}
