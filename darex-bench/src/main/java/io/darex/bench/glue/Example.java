package io.darex.bench.glue;

import java.util.Optional;

/**
 * One labelled text, or pair of texts.
 *
 * @param text the first or only text, never blank
 * @param second the second text of a pair task, never blank
 * @param label index into the task's labels
 */
public record Example(String text, Optional<String> second, int label) {
  /** An example of a task on single texts. */
  public static Example of(String text, int label) {
    return new Example(text, Optional.empty(), label);
  }
}
