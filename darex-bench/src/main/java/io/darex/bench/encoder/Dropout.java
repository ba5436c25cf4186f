package io.darex.bench.encoder;

/**
 * Dropout whose masks are a function of (seed, site, row, element): nothing is stored for the
 * backward pass, which draws them again, and no thread waits for another's draws.
 *
 * <p>An element is multiplied by 0 with probability {@code rate} and by 1/(1 − rate) otherwise; the
 * rate is rounded to 2⁻¹⁶ so that one draw serves four elements.
 */
final class Dropout {
  private static final int RESOLUTION = 1 << 16;
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final long key;
  private final int dropped;
  private final float kept;

  /**
   * @param site what tells the places of one network apart
   */
  Dropout(long seed, long site, double rate) {
    key = mix(mix(seed + GOLDEN) + site);
    dropped = (int) Math.round(rate * RESOLUTION);
    kept = RESOLUTION / (float) (RESOLUTION - dropped);
  }

  /** Whether it drops anything. */
  boolean acts() {
    return dropped > 0;
  }

  /** Multiplies {@code count} elements from {@code at} by the mask of a row. */
  void apply(long row, float[] values, int at, int count) {
    if (!acts()) {
      return;
    }
    long state = mix(key + GOLDEN * row);
    int end = at + count;
    int i = at;
    for (; i + 4 <= end; i += 4) {
      long bits = mix(state += GOLDEN);
      values[i] *= factor((int) bits & 0xFFFF);
      values[i + 1] *= factor((int) (bits >>> 16) & 0xFFFF);
      values[i + 2] *= factor((int) (bits >>> 32) & 0xFFFF);
      values[i + 3] *= factor((int) (bits >>> 48));
    }
    long bits = mix(state + GOLDEN);
    for (; i < end; i++, bits >>>= 16) {
      values[i] *= factor((int) bits & 0xFFFF);
    }
  }

  private float factor(int draw) {
    return draw < dropped ? 0 : kept;
  }

  /** The finaliser of {@link java.util.SplittableRandom}. */
  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }
}
