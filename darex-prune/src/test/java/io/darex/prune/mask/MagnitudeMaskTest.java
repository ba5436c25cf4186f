package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.NonFiniteException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MagnitudeMaskTest {
  @Nested
  class PerTensor implements MaskContract {
    @Override
    public Mask mask(double dropRate) {
      return new MagnitudeMask(dropRate, Scope.TENSOR);
    }
  }

  @Nested
  class PerRow implements MaskContract {
    @Override
    public Mask mask(double dropRate) {
      return new MagnitudeMask(dropRate, Scope.ROW);
    }
  }

  @Nested
  class AcrossTheModel implements MaskContract {
    @Override
    public Mask mask(double dropRate) {
      return new MagnitudeMask(dropRate, Scope.MODEL);
    }
  }

  @Property(tries = 60)
  void aTensorKeepsWhatSortingKeeps(
      @ForAll long seed, @ForAll @Scale(6) @DoubleRange(max = 0.9999) double p) {
    for (Delta delta : deltas(seed, 90_000)) {
      float[] values = Deltas.values(delta, "w");
      int wanted = Brute.kept(Brute.nonZeros(values, 0, values.length), p);
      assertThat(kept(new MagnitudeMask(p, Scope.TENSOR), delta, "w"))
          .isEqualTo(Brute.largest(values, 0, values.length, wanted));
    }
  }

  @Property(tries = 60)
  void aRowKeepsWhatSortingKeeps(
      @ForAll long seed, @ForAll @Scale(6) @DoubleRange(max = 0.9999) double p) {
    for (Delta delta : deltas(seed, 90_000)) {
      float[] values = Deltas.values(delta, "w");
      int row = Deltas.row(delta.pairs().get("w").tuned().shape());
      long[] expected =
          IntStream.range(0, row == 0 ? 0 : values.length / row)
              .mapToObj(i -> row(values, i * row, (i + 1) * row, p))
              .flatMapToLong(Arrays::stream)
              .toArray();
      assertThat(kept(new MagnitudeMask(p, Scope.ROW), delta, "w")).isEqualTo(expected);
    }
  }

  private static long[] row(float[] values, int from, int to, double p) {
    return Brute.largest(values, from, to, Brute.kept(Brute.nonZeros(values, from, to), p));
  }

  /** Rows too long for one block take another way. */
  @Test
  void longRowsKeepWhatSortingKeeps() {
    for (Delta delta :
        new Delta[] {
          Deltas.of(Deltas.coarse(3, "w", 3, 70_001)), Deltas.of(Deltas.coarse(3, "w", 2, 65_536))
        }) {
      float[] values = Deltas.values(delta, "w");
      int row = Deltas.row(delta.pairs().get("w").tuned().shape());
      long[] expected =
          IntStream.range(0, values.length / row)
              .mapToObj(i -> row(values, i * row, (i + 1) * row, 0.77))
              .flatMapToLong(Arrays::stream)
              .toArray();
      assertThat(kept(new MagnitudeMask(0.77, Scope.ROW), delta, "w")).isEqualTo(expected);
    }
  }

  /** The names are in another order for Java than for UTF-8: 𝄞 is a surrogate pair, below ﬀ. */
  @Property(tries = 40)
  void aModelKeepsWhatSortingKeeps(
      @ForAll long seed, @ForAll @Scale(6) @DoubleRange(max = 0.9999) double p) {
    SplittableRandom random = new SplittableRandom(seed);
    String[] names = {"a", "b", "\uFB00", "\uD834\uDD1E"};
    Delta.Pair[] pairs = new Delta.Pair[names.length];
    float[][] parts = new float[names.length][];
    int total = 0;
    for (int i = 0; i < names.length; i++) {
      pairs[i] = Deltas.coarse(random.nextLong(), names[i], Deltas.shape(random, 30_000));
      parts[i] = Deltas.values(Deltas.of(pairs[i]), names[i]);
      total += parts[i].length;
    }
    float[] all = new float[total];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    long[] expected = Brute.largest(all, 0, total, Brute.kept(Brute.nonZeros(all, 0, total), p));
    Choice choice = new MagnitudeMask(p, Scope.MODEL).choose(Deltas.of(pairs), 2);
    at = 0;
    for (int i = 0; i < names.length; i++) {
      long first = at;
      long end = first + parts[i].length;
      assertThat(Kept.indices(choice.on(names[i]), parts[i].length))
          .isEqualTo(
              LongStream.of(expected)
                  .filter(index -> index >= first && index < end)
                  .map(index -> index - first)
                  .toArray());
      at += parts[i].length;
    }
  }

  /** Whatever rates were asked for before. */
  @Property(tries = 30)
  void aRankingKeepsWhatTheMaskOfEachRateKeeps(
      @ForAll long seed,
      @ForAll @Size(max = 6) List<@Scale(6) @DoubleRange(max = 0.9999) Double> rates) {
    for (Delta delta : deltas(seed, 90_000)) {
      MagnitudeRanking ranking = new MagnitudeRanking(delta, 2);
      long count = delta.pairs().get("w").tuned().count();
      for (double rate : rates) {
        assertThat(Kept.indices(ranking.at(rate).on("w"), count))
            .isEqualTo(kept(new MagnitudeMask(rate, Scope.MODEL), delta, "w"));
      }
    }
  }

  @Test
  void countsRatesAsTheDecimalNumbersTheyAreWrittenAs() {
    Delta hundred = Deltas.gaussian(100);
    assertThat(kept(new MagnitudeMask(0.99, Scope.TENSOR), hundred, "w")).hasSize(1);
    assertThat(kept(new MagnitudeMask(0.9, Scope.TENSOR), hundred, "w")).hasSize(10);
    assertThat(kept(new MagnitudeMask(0.985, Scope.TENSOR), hundred, "w")).hasSize(2);
    assertThat(kept(new MagnitudeMask(0.99, Scope.ROW), Deltas.gaussian(3, 100), "w")).hasSize(3);
  }

  @ParameterizedTest
  @EnumSource
  void keepsNoZeroAndOfTiesTheFirst(Scope scope) {
    Delta zeros = Deltas.of(new long[] {2, 3}, 0, -0f, 0, 0, 0, 0);
    assertThat(kept(new MagnitudeMask(0, scope), zeros, "w")).isEmpty();
    Delta ties = Deltas.of(new long[] {1, 6}, 0, 2, -2, 2, 1, -0f);
    assertThat(kept(new MagnitudeMask(0.5, scope), ties, "w")).containsExactly(1, 2);
    assertThat(kept(new MagnitudeMask(0.25, scope), ties, "w")).containsExactly(1, 2, 3);
    assertThat(kept(new MagnitudeMask(0, scope), ties, "w")).containsExactly(1, 2, 3, 4);
    Delta subnormal = Deltas.of(new long[] {1, 3}, Float.MIN_VALUE, 0, -2 * Float.MIN_VALUE);
    assertThat(kept(new MagnitudeMask(0.5, scope), subnormal, "w")).containsExactly(2);
    assertThat(kept(new MagnitudeMask(0, scope), subnormal, "w")).containsExactly(0, 2);
    Delta largest = Deltas.of(new long[] {1, 3}, Float.MAX_VALUE, 1, -Float.MAX_VALUE);
    assertThat(kept(new MagnitudeMask(0.5, scope), largest, "w")).containsExactly(0, 2);
  }

  @ParameterizedTest
  @EnumSource
  void namesTheFirstValueThatIsNotFinite(Scope scope) {
    float[] values = new float[200_000];
    Arrays.fill(values, 1);
    values[150_000] = Float.NaN;
    values[170_000] = Float.POSITIVE_INFINITY;
    Delta delta = Deltas.of(new long[] {2000, 100}, values);
    for (int threads : new int[] {1, 2, 8}) {
      assertThatThrownBy(
              () ->
                  Kept.indices(
                      new MagnitudeMask(0.5, scope).choose(delta, threads).on("w"), 200_000))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("w of the tuned model, element 150000");
    }
  }

  @Test
  void readsItsScope() {
    assertThat(Masks.KINDS.get("magnitude").create(Map.of("dropRate", 0.5)))
        .isEqualTo(new MagnitudeMask(0.5, Scope.MODEL));
    assertThat(Masks.create("magnitude", Map.of("dropRate", 0.5, "scope", "row")))
        .isEqualTo(new MagnitudeMask(0.5, Scope.ROW));
    assertThatThrownBy(() -> Masks.create("magnitude", Map.of("dropRate", 0.5, "scope", "layer")))
        .hasMessage("mask magnitude needs one of [tensor, row, model] as 'scope', got layer");
    assertThatThrownBy(() -> new MagnitudeMask(1, Scope.ROW)).hasMessageContaining("dropRate");
  }

  /** Inputs that quickselect could find hard: sorted, constant, organ pipes, few values. */
  @Property(tries = 200)
  void quickselectEqualsSorting(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int length = random.nextInt(1, 3000);
    int kind = random.nextInt(5);
    int[] values =
        IntStream.range(0, length)
            .map(
                i ->
                    switch (kind) {
                      case 0 -> i;
                      case 1 -> -i;
                      case 2 -> 7;
                      case 3 -> Math.min(i, length - i);
                      default -> random.nextInt(1, 1 + random.nextInt(1, 1000));
                    })
            .toArray();
    int wanted = random.nextInt(1, length + 1);
    int[] sorted = values.clone();
    Arrays.sort(sorted);
    assertThat(GroupMask.largest(values, length, wanted)).isEqualTo(sorted[length - wanted]);
  }

  @Test
  void nonZerosAreCounted() {
    Delta delta =
        Deltas.of(Deltas.coarse(1, "a", 300, 400), Deltas.pair("z", new long[] {3}, 0, -0f, 0));
    float[] values = Deltas.values(delta, "a");
    assertThat(NonZeros.count(delta, 2))
        .isEqualTo(Map.of("a", (long) Brute.nonZeros(values, 0, values.length), "z", 0L));
  }

  private static Delta[] deltas(long seed, int most) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] shape = Deltas.shape(random, most);
    return new Delta[] {
      Deltas.of(Deltas.coarse(seed, "w", shape)), Deltas.of(Deltas.pair(seed, "w", shape))
    };
  }

  private static long[] kept(Mask mask, Delta delta, String name) {
    return Kept.indices(mask.choose(delta, 2).on(name), delta.pairs().get(name).tuned().count());
  }
}
