package io.darex.bench.encoder;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.darex.bench.BadInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
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
  private final Limits limits;
  private final LongAdder cut = new LongAdder();

  /**
   * What bounds an encoding.
   *
   * @param maxLength longest encoding in tokens, special ones included
   * @param vocabSize ids are below it
   * @param types whether the second text of a pair has types of its own
   */
  record Limits(int maxLength, int vocabSize, boolean types) {}

  /**
   * @param json the text of a {@code tokenizer.json} as {@link TokenizerFiles#json} gives it; others
   *     can end the whole process
   * @param maxLength longest encoding in tokens, special ones included; of a pair the longer text
   *     is cut first
   * @throws IllegalArgumentException if {@code json} is no tokenizer
   */
  public Tokenizer(String json, int maxLength) {
    this(json, new Limits(maxLength, Integer.MAX_VALUE, true));
  }

  Tokenizer(String json, Limits limits) {
    this.limits = limits;
    String length = Integer.toString(limits.maxLength());
    Map<String, String> options =
        Map.of(
            "truncation",
            "longest_first",
            "maxLength",
            length,
            "modelMaxLength",
            length,
            "padding",
            "false");
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(json));
      byte[] utf8 = new byte[bytes.remaining()];
      bytes.get(utf8);
      tokenizer =
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(utf8), options);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("no usable tokenizer: half a surrogate pair in it", e);
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

  /**
   * @throws BadInputException if a token has no row in the word embeddings, or the special tokens
   *     alone are more than fit
   */
  private EncodedText tokens(Encoding encoding) {
    if (encoding.exceedMaxLength()) {
      cut.increment();
    }
    int[] ids = Arrays.stream(encoding.getIds()).mapToInt(Math::toIntExact).toArray();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] >= limits.vocabSize()) {
        throw new BadInputException(
            "tokenizer: expected ids below "
                + limits.vocabSize()
                + ", the rows of the word embeddings, came "
                + ids[i]
                + " for "
                + BadInputException.quote(encoding.getTokens()[i]));
      }
    }
    if (ids.length > limits.maxLength()) {
      throw new BadInputException(
          "tokenizer: expected a longest encoding of more tokens than the special ones, came "
              + limits.maxLength());
    }
    int[] types = new int[ids.length];
    if (limits.types()) {
      Arrays.setAll(types, i -> Math.toIntExact(encoding.getTypeIds()[i]));
    }
    return new EncodedText(ids, types);
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
