package io.darex.prune.mask;

import io.darex.prune.Delta;
import io.darex.prune.NonFiniteException;

/**
 * Reads |Δ| in bulk, as the bits of its fp32 values: integers from 0 to {@link #LARGEST} in the
 * order of the numbers, exact and cheap to compare. Serves one thread.
 */
final class Magnitudes {
  /** How many are best read at once: what the innermost cache holds. */
  static final int CHUNK = 1 << 13;

  /** The magnitude of the largest finite number. */
  static final int LARGEST = 0x7F7FFFFF;

  private final float[] base;
  private final float[] tuned;
  private final int[] bits;

  /** Reads up to {@code capacity} at once. */
  Magnitudes(int capacity) {
    base = new float[capacity];
    tuned = new float[capacity];
    bits = new int[capacity];
  }

  /** Reads up to {@link #CHUNK} at once. */
  Magnitudes() {
    this(CHUNK);
  }

  /** How many can be read at once. */
  int capacity() {
    return bits.length;
  }

  /**
   * The magnitudes of entries {@code [from, from + length)}, at the start of an array that the next
   * call overwrites.
   *
   * @throws NonFiniteException if one is NaN or infinite, as {@link Delta.Pair#at}
   */
  int[] read(Delta.Pair pair, long from, int length) {
    pair.base().read(from, base, 0, length);
    pair.tuned().read(from, tuned, 0, length);
    int largest = 0;
    for (int i = 0; i < length; i++) {
      int magnitude = Float.floatToRawIntBits(tuned[i] - base[i]) & Integer.MAX_VALUE;
      bits[i] = magnitude;
      largest = Math.max(largest, magnitude);
    }
    if (largest > LARGEST) {
      refuse(pair, from, length);
    }
    return bits;
  }

  /** Meets the first bad entry again, where the pair itself says what is wrong. */
  private static void refuse(Delta.Pair pair, long from, int length) {
    for (int i = 0; i < length; i++) {
      pair.at(from + i);
    }
  }
}
