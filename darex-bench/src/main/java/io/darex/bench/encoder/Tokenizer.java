package io.darex.bench.encoder;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/**
 * A Hugging Face tokenizer from the text of its {@code tokenizer.json}.
 *
 * <p>Truncation and padding are ours, whatever the file says: sentence encoders ship files that pad
 * every text to a fixed length.
 */
public final class Tokenizer implements AutoCloseable {
  static {
    // Unless told otherwise DJL reports its first use to its makers.
    if (System.getProperty("ai.djl.offline") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
  }

  private final HuggingFaceTokenizer tokenizer;
  private final LongAdder cut = new LongAdder();

  /**
   * @param json the text of {@code tokenizer.json}
   * @param maxLength longest encoding in tokens, special ones included; of a pair the longer text
   *     is cut first
   * @throws IllegalArgumentException if {@code json} is no tokenizer
   */
  public Tokenizer(String json, int maxLength) {
    Map<String, String> options =
        Map.of(
            "truncation",
            "longest_first",
            "maxLength",
            Integer.toString(maxLength),
            "modelMaxLength",
            Integer.toString(maxLength),
            "padding",
            "false");
    try {
      tokenizer =
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), options);
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException("no usable tokenizer.json: " + e.getMessage(), e);
    }
  }

  /** Encodes one text. */
  public EncodedText encode(String text) {
    return tokens(tokenizer.encode(text));
  }

  /** Encodes a pair of texts. */
  public EncodedText encode(String first, String second) {
    return tokens(tokenizer.encode(first, second));
  }

  /** Encodes one text, or a pair where there is a second. */
  public EncodedText encode(String text, Optional<String> second) {
    return second.isPresent() ? encode(text, second.get()) : encode(text);
  }

  /** How many texts and pairs were longer than the longest encoding, and were cut to it. */
  public long cut() {
    return cut.sum();
  }

  private EncodedText tokens(Encoding encoding) {
    if (encoding.exceedMaxLength()) {
      cut.increment();
    }
    return new EncodedText(
        Arrays.stream(encoding.getIds()).mapToInt(Math::toIntExact).toArray(),
        Arrays.stream(encoding.getTypeIds()).mapToInt(Math::toIntExact).toArray());
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
