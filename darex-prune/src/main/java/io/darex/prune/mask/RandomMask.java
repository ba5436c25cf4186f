package io.darex.prune.mask;

import io.darex.prune.Tensor;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;

/**
 * Drops every entry with probability p, independently: random mask v1 (DESIGN.md §4, frozen). It
 * depends on seed, tensor name, element count and p alone, and goes from survivor to survivor, so
 * its cost is proportional to what is kept.
 *
 * @param seed any 64-bit integer
 * @param dropRate p, in [0, 1)
 */
public record RandomMask(long seed, double dropRate) implements DrawnMask {
  static final String KIND = "random";

  private static final String TAG = "darex mask v1";

  /** Gaps are drawn below this; a longer one is made of several draws, as gaps have no memory. */
  private static final int GAPS = 1024;

  private static final int TOP_BITS = 10;

  /** Checks the rate. */
  public RandomMask {
    DropRate.check(dropRate);
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Map<String, Object> parameters() {
    return new TreeMap<>(Map.of("seed", Long.toString(seed), "dropRate", dropRate));
  }

  @Override
  public RandomMask withSeed(long other) {
    return new RandomMask(other, dropRate);
  }

  @Override
  public TensorMask on(String name, long[] shape) {
    long count = Tensor.count(shape);
    long key = Draws.key(TAG, seed, name);
    long[] thresholds = thresholds();
    short[] starts = starts(thresholds);
    return (block, into) -> {
      long length = Math.min(TensorMask.BLOCK, count - block * TensorMask.BLOCK);
      return draw(new Draws(key, block), (int) length, thresholds, starts, into);
    };
  }

  private static int draw(Draws draws, int end, long[] thresholds, short[] starts, char[] into) {
    int kept = 0;
    int at = 0;
    while (at < end) {
      long u = draws.next();
      int gap = starts[(int) (u >>> (Long.SIZE - TOP_BITS))];
      long flipped = u ^ Long.MIN_VALUE;
      while (gap < GAPS && flipped < thresholds[gap]) {
        gap++;
      }
      at += gap;
      if (gap < GAPS && at < end) {
        into[kept++] = (char) at++;
      }
    }
    return kept;
  }

  /**
   * T[k] = 2⁶⁴·P(gap &gt; k), every step rounded down: T[0] = ⌊p·2⁶⁴⌋, T[k] = ⌊T[k−1]·T[0] / 2⁶⁴⌋.
   * The sign bit is flipped, for Java compares signed.
   */
  private long[] thresholds() {
    long first =
        new BigDecimal(dropRate).multiply(BigDecimal.valueOf(2).pow(64)).toBigInteger().longValue();
    long[] thresholds = new long[GAPS];
    long t = first;
    for (int k = 0; k < GAPS; k++) {
      thresholds[k] = t ^ Long.MIN_VALUE;
      t = Draws.unsignedMultiplyHigh(t, first);
    }
    return thresholds;
  }

  /**
   * By the top bits of a draw, a gap that it does at least have: that of the largest draw with the
   * same top bits, since larger draws have smaller gaps. From there the search is a step or none.
   */
  private static short[] starts(long[] thresholds) {
    short[] starts = new short[1 << TOP_BITS];
    int gap = 0;
    for (int top = starts.length - 1; top >= 0; top--) {
      long largest = ((top + 1L) << (Long.SIZE - TOP_BITS)) - 1 ^ Long.MIN_VALUE;
      while (gap < GAPS && largest < thresholds[gap]) {
        gap++;
      }
      starts[top] = (short) gap;
    }
    return starts;
  }
}
