package io.darex.prune.mask;

import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.PlaceStorage;
import io.darex.prune.TensorMask;
import io.darex.prune.parameter.Kind;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Drops whole input columns of the delta, for all outputs, with probability p each (docs/METHOD.md
 * §6): the expected squared error of an output is that of {@link RandomMask}, and the activations
 * that belong to a dropped column are needed no more. The kept columns are the kept elements of
 * random mask v1 on a tensor of that name with as many elements as there are columns.
 *
 * @param seed any 64-bit integer
 * @param dropRate p, in [0, 1)
 */
public record ColumnsMask(long seed, double dropRate) implements Mask {
  static final Kind<Mask> KIND =
      new Kind<>(
          "mask",
          "columns",
          "whole input columns, drawn",
          List.of(DropRate.PARAMETER, Draws.SEED),
          given -> new ColumnsMask(given.get(Draws.SEED), given.get(DropRate.PARAMETER)));

  /** Checks the rate. */
  public ColumnsMask {
    DropRate.check(dropRate);
  }

  @Override
  public String kind() {
    return KIND.name();
  }

  @Override
  public boolean isDrawn() {
    return true;
  }

  @Override
  public Map<String, Object> parameters() {
    return new TreeMap<>(
        Map.of(Draws.SEED.key(), Long.toString(seed), DropRate.PARAMETER.key(), dropRate));
  }

  @Override
  public Mask withSeed(long other) {
    return new ColumnsMask(other, dropRate);
  }

  @Override
  public Mask withDropRate(double other) {
    return new ColumnsMask(seed, other);
  }

  @Override
  public PlaceStorage places() {
    return PlaceStorage.COLUMNS;
  }

  @Override
  public Choice choose(Delta delta, int threads) {
    return name -> on(name, delta.pairs().get(name).tuned().shape());
  }

  /** The kept columns of one tensor; its values play no part. */
  ColumnPlaces on(String name, long[] shape) {
    long columns = Rows.of(shape).length();
    TensorMask drawn = new RandomMask(seed, dropRate).on(name, new long[] {columns});
    char[] offsets = new char[(int) Math.min(columns, TensorMask.BLOCK)];
    LongStream kept =
        LongStream.range(0, TensorMask.blocks(columns))
            .flatMap(
                block ->
                    IntStream.range(0, drawn.block(block, offsets))
                        .mapToLong(i -> block * TensorMask.BLOCK + offsets[i]));
    return new ColumnPlaces(shape, kept.toArray());
  }
}
