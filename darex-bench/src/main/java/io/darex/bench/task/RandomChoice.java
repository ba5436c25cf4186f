package io.darex.bench.task;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Seeded draws that are the same on every platform and Java version: only {@code nextLong}, whose
 * algorithm is fixed, is used, not the bounded draws and shuffles the library may change.
 */
final class RandomChoice {
  private final SplittableRandom random;

  /**
   * Independent streams of one seed. The seed is mixed before and after the stream is added, since
   * neighbouring seeds of a SplittableRandom may give the same draws, shifted.
   */
  RandomChoice(long seed, long stream) {
    long key = new SplittableRandom(seed).nextLong() + stream;
    random = new SplittableRandom(new SplittableRandom(key).nextLong());
  }

  /** A number in [0, bound); the bias of at most bound / 2⁶³ is nothing to a corpus. */
  int below(int bound) {
    return (int) Math.multiplyHigh(random.nextLong() >>> 1, (long) bound << 1);
  }

  /** True once in {@code n} times. */
  boolean oneIn(int n) {
    return below(n) == 0;
  }

  <T> T of(List<T> choices) {
    return choices.get(below(choices.size()));
  }

  /** The numbers below {@code count} in random order (Fisher–Yates). */
  int[] permutation(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = below(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
