package io.darex.bench.serve;

import io.darex.bench.console.BadInputException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** One text to answer, or a pair of texts where the model takes pairs. */
public record Text(String first, Optional<String> second) {
  /**
   * @throws BadInputException if there is half a surrogate pair, which no file can hold
   */
  public Text {
    requireWhole(first);
    second.ifPresent(Text::requireWhole);
  }

  private static void requireWhole(String text) {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new BadInputException("expected texts of whole characters, got half a surrogate pair");
    }
  }

  /** A single text. */
  public static Text of(String text) {
    return new Text(text, Optional.empty());
  }

  /** A pair. */
  public static Text of(String first, String second) {
    return new Text(first, Optional.of(second));
  }
}
