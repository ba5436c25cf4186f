package io.darex.bench.encoder;

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
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
