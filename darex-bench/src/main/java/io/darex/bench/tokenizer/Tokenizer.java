package io.darex.bench.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.darex.bench.console.BadInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
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

  /** Room for {@link #PROBE} twice and the special tokens. */
  private static final int LEAST = 64;

  private static final String PROBE = "a";

  private final HuggingFaceTokenizer tokenizer;
  private final Limits limits;
  private final Template single;
  private final Template pair;
  private final LongAdder cut = new LongAdder();

  /**
   * What bounds an encoding.
   *
   * @param maxLength longest encoding in tokens, special ones included
   * @param vocabSize ids are below it
   * @param types whether the second text of a pair has types of its own
   * @param cutsLeft whether a long text loses its beginning
   */
  record Limits(int maxLength, int vocabSize, boolean types, boolean cutsLeft) {}

  /**
   * @param json the text of a {@code tokenizer.json} as {@link TokenizerFiles#json} gives it;
   *     others can end the whole process
   * @param maxLength longest encoding in tokens, special ones included; of a pair the longer text
   *     is cut first
   * @throws IllegalArgumentException if {@code json} is no tokenizer
   */
  public Tokenizer(String json, int maxLength) {
    this(json, new Limits(maxLength, Integer.MAX_VALUE, true, false));
  }

  Tokenizer(String json, Limits limits) {
    this.limits = limits;
    String length = Integer.toString(Math.max(limits.maxLength(), LEAST));
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
      tokenizer = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(utf8), options);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("no usable tokenizer: half a surrogate pair in it", e);
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException("no usable tokenizer.json: " + e.getMessage(), e);
    }
    try {
      single = template(1);
      pair = template(2);
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** Encodes one text. */
  public EncodedText encode(String text) {
    return around(single, List.of(tokenizer.encode(text, false, false)));
  }

  /** Encodes a pair of texts. */
  public EncodedText encode(String first, String second) {
    return around(
        pair,
        List.of(tokenizer.encode(first, false, false), tokenizer.encode(second, false, false)));
  }

  /** Encodes one text, or a pair where there is a second. */
  public EncodedText encode(String text, Optional<String> second) {
    return second.isPresent() ? encode(text, second.get()) : encode(text);
  }

  /** How many texts and pairs were longer than the longest encoding, and were cut to it. */
  public long cut() {
    return cut.sum();
  }

  /** What the library puts around texts. */
  private Template template(int texts) {
    int length = tokenizer.encode(PROBE, false, false).getIds().length;
    Encoding whole = texts == 1 ? tokenizer.encode(PROBE) : tokenizer.encode(PROBE, PROBE);
    boolean[] special = new boolean[whole.getIds().length];
    for (int i = 0; i < special.length; i++) {
      special[i] = whole.getSpecialTokenMask()[i] == 1;
    }
    if (length == 0 || special.length >= LEAST) {
      throw new IllegalArgumentException(
          "no usable tokenizer: expected one or a few tokens of \"a\", got " + special.length);
    }
    EncodedText text = new EncodedText(ints(whole.getIds()), ints(whole.getTypeIds()));
    return Template.of(text, Collections.nCopies(texts, length), special);
  }

  /**
   * Cuts texts to what fits, the longer first, and puts the special tokens around. The library's
   * own way would make an encoding of every piece that it cuts off, of a pair for every two of
   * them.
   *
   * @throws BadInputException if a token has no row in the word embeddings, or the special tokens
   *     alone are more than fit
   */
  private EncodedText around(Template template, List<Encoding> encodings) {
    int room = limits.maxLength() - template.specials();
    if (room < 0) {
      throw new BadInputException(
          "tokenizer: expected a longest encoding of at least the special tokens, "
              + template.specials()
              + ", got "
              + limits.maxLength());
    }
    List<int[]> texts = new ArrayList<>();
    encodings.forEach(encoding -> texts.add(ints(encoding.getIds())));
    int[] lengths = texts.stream().mapToInt(ids -> ids.length).toArray();
    int[] kept = lengths.length == 1 ? new int[] {Math.min(lengths[0], room)} : fit(lengths, room);
    if (!Arrays.equals(lengths, kept) || encodings.stream().anyMatch(Encoding::exceedMaxLength)) {
      cut.increment();
    }
    for (int i = 0; i < kept.length; i++) {
      int[] ids = texts.get(i);
      int from = limits.cutsLeft() ? ids.length - kept[i] : 0;
      texts.set(i, Arrays.copyOfRange(ids, from, from + kept[i]));
    }
    Template.EncodedPart all = template.around(texts);
    return checked(all.ids(), limits.types() ? all.types() : new int[all.types().length]);
  }

  /**
   * How much of two texts is kept: as tokenizers' longest_first, which halves where both are long.
   */
  private static int[] fit(int[] lengths, int room) {
    int less = Math.min(lengths[0], lengths[1]);
    int more = less > room ? less : Math.max(less, room - less);
    if (less + more > room) {
      less = room / 2;
      more = less + room % 2;
    }
    boolean swapped = lengths[0] > lengths[1];
    return new int[] {
      Math.min(lengths[0], swapped ? more : less), Math.min(lengths[1], swapped ? less : more)
    };
  }

  private EncodedText checked(int[] ids, int[] types) {
    for (int id : ids) {
      if (id >= limits.vocabSize()) {
        throw new BadInputException(
            "tokenizer: expected ids below "
                + limits.vocabSize()
                + ", the rows of the word embeddings, got "
                + id
                + " for a token that the folder's vocabulary lacks");
      }
    }
    if (ids.length == 0) {
      throw new BadInputException(
          "tokenizer: expected a token of every text, got none, and it adds no special ones");
    }
    return new EncodedText(ids, types);
  }

  private static int[] ints(long[] values) {
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
