package io.darex.bench.serve;

import java.util.Optional;

/** One text to answer, or a pair of texts where the model takes pairs. */
public record Text(String first, Optional<String> second) {
  /** A single text. */
  public static Text of(String text) {
    return new Text(text, Optional.empty());
  }

  /** A pair. */
  public static Text of(String first, String second) {
    return new Text(first, Optional.of(second));
  }
}
