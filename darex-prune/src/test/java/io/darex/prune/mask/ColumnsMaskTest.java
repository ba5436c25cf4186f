package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoints;
import io.darex.prune.Mask;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;

class ColumnsMaskTest implements MaskContract {
  @Override
  public Mask mask(double dropRate) {
    return new ColumnsMask(7, dropRate);
  }

  @Property(tries = 200)
  void keepsWholeColumnsThatTheRandomMaskDraws(
      @ForAll long seed, @ForAll @Scale(6) @DoubleRange(max = 0.999) double p) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] shape = Deltas.shape(random, 150_000);
    int count = (int) Tensor.count(shape);
    int columns = count == 0 ? 0 : Deltas.row(shape);
    long[] drawn = Kept.indices(new RandomMask(seed, p).on("w", new long[] {columns}), columns);
    long[] expected =
        LongStream.range(0, count)
            .filter(index -> Arrays.binarySearch(drawn, index % columns) >= 0)
            .toArray();
    ColumnPlaces places = new ColumnsMask(seed, p).on("w", shape);
    assertThat(Kept.indices(places, count)).isEqualTo(expected);
    assertThat(places.columns()).isEqualTo(drawn);
    assertThat(places.kept()).isEqualTo(expected.length);
    assertThat(Kept.indices(new ColumnPlaces(shape, drawn), count)).isEqualTo(expected);
  }

  /** docs/METHOD.md §9: a column mask has the unstructured expected squared error, q = 1 − p. */
  @Test
  void hasTheSquaredErrorOfTheRandomMask() {
    int outputs = 8;
    int inputs = 300;
    double p = 0.8;
    float[] delta = Deltas.values(Deltas.gaussian(outputs, inputs), "w");
    float[] x = Checkpoints.values(Checkpoints.random(6, "x", 1, inputs));
    double expected = 0;
    for (int i = 0; i < delta.length; i++) {
      double influence = (double) delta[i] * x[i % inputs];
      expected += p / (1 - p) * influence * influence;
    }
    int draws = 20_000;
    double mean = 0;
    double square = 0;
    for (int seed = 0; seed < draws; seed++) {
      double[] change = new double[outputs];
      for (int i = 0; i < delta.length; i++) {
        change[i / inputs] -= (double) delta[i] * x[i % inputs];
      }
      TensorMask mask = new ColumnsMask(seed, p).on("w", new long[] {outputs, inputs});
      for (long index : Kept.indices(mask, delta.length)) {
        int i = (int) index;
        change[i / inputs] += (double) delta[i] * x[i % inputs] / (1 - p);
      }
      double error = Arrays.stream(change).map(c -> c * c).sum();
      mean += error / draws;
      square += error * error / draws;
    }
    assertThat(mean)
        .isCloseTo(expected, within(5 * Math.sqrt((square - mean * mean) / draws)))
        .isCloseTo(expected, within(0.05 * expected));
  }

  @Test
  void refusesColumnsThatDoNotRiseOrAreNotThere() {
    long[] shape = {2, 3, 4};
    for (long[] columns : new long[][] {{-1}, {12}, {3, 3}, {4, 3}, {0, 1L << 40}}) {
      assertThatThrownBy(() -> new ColumnPlaces(shape, columns))
          .hasMessageStartingWith("kept columns must rise and be below 12, got ");
    }
    assertThat(Kept.indices(new ColumnPlaces(shape, new long[] {0, 11}), 24))
        .containsExactly(0, 11, 12, 23);
  }
}
