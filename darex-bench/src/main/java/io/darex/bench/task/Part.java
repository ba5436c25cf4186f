package io.darex.bench.task;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The examples of one file.
 *
 * @param name {@code train}, {@code dev}, {@code test_matched} and so on
 * @param indices what names each example: the file's own index where it has one, else its place
 *     among the examples from 0
 * @param examples in the order of the file
 */
public record Part(String name, List<String> indices, List<Example> examples) {
  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if there is not one index for each example
   */
  public Part {
    indices = List.copyOf(indices);
    examples = List.copyOf(examples);
    if (indices.size() != examples.size()) {
      throw new IllegalArgumentException(
          "need one index for each example: " + indices.size() + ", " + examples.size());
    }
  }

  /** A part whose examples are named by their places. */
  public static Part of(String name, List<Example> examples) {
    List<String> places = IntStream.range(0, examples.size()).mapToObj(String::valueOf).toList();
    return new Part(name, places, examples);
  }

  /** Whether every example has its answer. */
  public boolean labelled() {
    return examples.stream().allMatch(Example::labelled);
  }
}
