package io.darex.prune.mask;

import io.darex.prune.Mask;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import io.darex.prune.parameter.Kind;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Drops every entry with probability p, independently: random mask v1 (docs/FORMAT.md §3.1,
 * frozen). It depends on seed, tensor name, element count and p alone, and goes from survivor to
 * survivor, so its cost is proportional to what is kept.
 *
 * @param seed any 64-bit integer
 * @param dropRate p, in [0, 1)
 */
public record RandomMask(long seed, double dropRate) implements DrawnMask {
  static final Kind<Mask> KIND =
      new Kind<>(
          "mask",
          "random",
          "each entry stays with probability 1 - p: DARE",
          List.of(DropRate.PARAMETER, Draws.SEED),
          given -> new RandomMask(given.get(Draws.SEED), given.get(DropRate.PARAMETER)));

  private static final String TAG = "darex mask v1";

  /** Gaps are drawn below this; a longer one is made of several draws, as gaps have no memory. */
  private static final int GAPS = 1024;

  private static final int TOP_BITS = 10;

  /**
   * The latest of each hash. A table takes ten kilobytes, and a hostile file can have a million
   * tensors, each with a rate of its own: so masks look theirs up and hold on to none.
   */
  private static final AtomicReferenceArray<Table> TABLES = new AtomicReferenceArray<>(256);

  /** How draws become gaps at one rate. */
  private static final class Table {
    private final double dropRate;
    private final long[] thresholds;
    private final short[] starts;

    Table(double dropRate) {
      this.dropRate = dropRate;
      this.thresholds = thresholds(dropRate);
      this.starts = starts(thresholds);
    }
  }

  /** Checks the rate. */
  public RandomMask {
    DropRate.check(dropRate);
  }

  @Override
  public String kind() {
    return KIND.name();
  }

  @Override
  public Map<String, Object> parameters() {
    return new TreeMap<>(
        Map.of(Draws.SEED.key(), Long.toString(seed), DropRate.PARAMETER.key(), dropRate));
  }

  @Override
  public RandomMask withSeed(long other) {
    return new RandomMask(other, dropRate);
  }

  @Override
  public Mask withDropRate(double other) {
    return new RandomMask(seed, other);
  }

  /** Twelve standard deviations of a binomial count, and ten: chance does not go that far. */
  @Override
  public boolean canKeep(long kept, long count) {
    double expected = count * (1 - dropRate);
    return Math.abs(kept - expected) <= 12 * Math.sqrt(expected * dropRate) + 10;
  }

  @Override
  public TensorMask on(String name, long[] shape) {
    long count = Tensor.count(shape);
    long key = Draws.key(TAG, seed, name);
    return (block, into) -> {
      long length = Math.min(TensorMask.BLOCK, count - block * TensorMask.BLOCK);
      Table table = table();
      return draw(new Draws(key, block), (int) length, table.thresholds, table.starts, into);
    };
  }

  private Table table() {
    int place = Math.floorMod(Draws.mix64(Double.doubleToLongBits(dropRate)), TABLES.length());
    Table table = TABLES.get(place);
    if (table == null || Double.compare(table.dropRate, dropRate) != 0) {
      table = new Table(dropRate);
      TABLES.set(place, table);
    }
    return table;
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
  private static long[] thresholds(double dropRate) {
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
