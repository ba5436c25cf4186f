package io.darex.prune.mask;

import io.darex.prune.Mask;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import io.darex.prune.parameter.Kind;
import io.darex.prune.parameter.Parameter;
import io.darex.prune.parameter.Range;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Keeps exactly ⌈g·(1−p)⌉ entries of each group of g consecutive elements, any of them equally
 * likely: stratified mask v1 (docs/FORMAT.md §3.2, frozen), DeltaDQ's way of dropping
 * (docs/METHOD.md §5.5). It depends on seed, tensor name, element count, p and g alone. Groups are
 * counted from the start of each block, and the last one of a block or tensor may be shorter: r
 * elements keep ⌈r·(1−p)⌉.
 *
 * @param seed any 64-bit integer
 * @param dropRate p, in [0, 1), as the decimal number it is written as
 * @param group g, from 1 to 65536
 */
public record StratifiedMask(long seed, double dropRate, int group) implements DrawnMask {
  private static final Parameter<Long> GROUP =
      Parameter.required(
          "group", "entries in a group", new Parameter.Whole(Range.whole(1, TensorMask.BLOCK)));

  static final Kind<Mask> KIND =
      new Kind<>(
          "mask",
          "stratified",
          "exact counts in every group of entries, drawn",
          List.of(DropRate.PARAMETER, Draws.SEED, GROUP),
          given ->
              new StratifiedMask(
                  given.get(Draws.SEED),
                  given.get(DropRate.PARAMETER),
                  Math.toIntExact(given.get(GROUP))));

  private static final String TAG = "darex stratified v1";

  /** Checks rate and group. */
  public StratifiedMask {
    DropRate.check(dropRate);
    if (group < 1 || group > TensorMask.BLOCK) {
      throw new IllegalArgumentException(
          "group must be from 1 to " + TensorMask.BLOCK + ", got " + group);
    }
  }

  @Override
  public String kind() {
    return KIND.name();
  }

  /**
   * ⌈g·(1−p)⌉/g, what a whole group keeps. Not 1 − p: where g = 10 and p = 0.99 one of ten stays,
   * and to divide it by 0.01 would make the delta ten times too large.
   */
  @Override
  public double keepRate() {
    return (double) new DropRate(dropRate).kept(group) / group;
  }

  @Override
  public Map<String, Object> parameters() {
    return new TreeMap<>(
        Map.of(
            Draws.SEED.key(),
            Long.toString(seed),
            DropRate.PARAMETER.key(),
            dropRate,
            GROUP.key(),
            group));
  }

  @Override
  public Mask withSeed(long other) {
    return new StratifiedMask(other, dropRate, group);
  }

  @Override
  public Mask withDropRate(double other) {
    return new StratifiedMask(seed, other, group);
  }

  @Override
  public TensorMask on(String name, long[] shape) {
    long count = Tensor.count(shape);
    long key = Draws.key(TAG, seed, name);
    DropRate rate = new DropRate(dropRate);
    int whole = rate.kept(group);
    return (block, into) -> {
      int length = (int) Math.min(TensorMask.BLOCK, count - block * TensorMask.BLOCK);
      Draws draws = new Draws(key, block);
      BitSet kept = new BitSet(length);
      int from = 0;
      for (; from + group <= length; from += group) {
        choose(draws, kept, from, group, whole);
      }
      if (from < length) {
        choose(draws, kept, from, length - from, rate.kept(length - from));
      }
      return write(kept, into);
    };
  }

  /**
   * Chooses {@code wanted} of {@code size} elements by Floyd's algorithm, or the ones to drop where
   * these are fewer.
   */
  private static void choose(Draws draws, BitSet chosen, int from, int size, int wanted) {
    boolean few = 2 * wanted <= size;
    for (int j = few ? size - wanted : wanted; j < size; j++) {
      int t = draws.below(j + 1);
      chosen.set(from + (chosen.get(from + t) ? j : t));
    }
    if (!few) {
      chosen.flip(from, from + size);
    }
  }

  private static int write(BitSet kept, char[] into) {
    int written = 0;
    for (int i = kept.nextSetBit(0); i >= 0; i = kept.nextSetBit(i + 1)) {
      into[written++] = (char) i;
    }
    return written;
  }
}
