package io.darex.bench.encoder;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How exactly an encoder is evaluated. */
public enum Precision {
  /** Everything in 32 bits. */
  F32,

  /**
   * The matrix products of the layers in bfloat16: weights and what enters them have 8 significant
   * bits. Sums, normalisation, softmax, the head and all gradients stay in 32 bits.
   */
  BF16;

  /** What configurations and options call it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return word();
  }

  /** What configurations and options call them. */
  public static List<String> words() {
    return Arrays.stream(values()).map(Precision::word).toList();
  }

  /** The precision of a word out of {@link #words}. */
  public static Precision of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }
}
