package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.darex.prune.Mask;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import java.io.IOException;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class StratifiedMaskTest implements MaskContract {
  @Override
  public Mask mask(double dropRate) {
    return new StratifiedMask(7, dropRate, 100);
  }

  static Stream<JsonNode> vectors() throws IOException {
    return Vectors.read("stratified_v1.json", 13);
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void agreesWithTheIndependentReference(JsonNode vector) {
    long count = vector.get("n").asLong();
    StratifiedMask mask =
        new StratifiedMask(
            Vectors.seed(vector), vector.get("dropRate").asDouble(), vector.get("group").asInt());
    Vectors.check(
        vector, Kept.indices(mask.on(vector.get("name").asText(), new long[] {count}), count));
  }

  @Property(tries = 200)
  void everyGroupKeepsItsExactNumber(
      @ForAll long seed,
      @ForAll @Scale(6) @DoubleRange(max = 0.9999) double dropRate,
      @ForAll @IntRange(min = 1, max = 65_536) int group) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] shape = Deltas.shape(random, 150_000);
    int count = (int) Tensor.count(shape);
    int small = random.nextBoolean() ? group : group % 100 + 1;
    boolean[] kept = new boolean[count];
    LongStream.of(Kept.indices(new StratifiedMask(seed, dropRate, small).on("w", shape), count))
        .forEach(index -> kept[(int) index] = true);
    int groups = 0;
    for (int block = 0; block < count; block += 65_536) {
      int end = Math.min(count, block + 65_536);
      for (int from = block; from < end; from += small) {
        int size = Math.min(small, end - from);
        int found = 0;
        for (int i = from; i < from + size; i++) {
          found += kept[i] ? 1 : 0;
        }
        assertThat(found).isEqualTo(Brute.kept(size, dropRate));
        groups++;
      }
    }
    assertThat(groups).isGreaterThanOrEqualTo(count / small);
  }

  /**
   * Every place of a group is as likely as any other, whether the kept or the dropped are drawn.
   */
  @ParameterizedTest
  @CsvSource({"16, 0.75", "16, 0.25", "10, 0.9", "7, 0.5", "64, 0.99", "3, 0.1"})
  void placesAreUniform(int group, double dropRate) {
    int count = 65_536 / group * group;
    long[] seen = new long[group];
    int draws = 0;
    int wanted = Brute.kept(group, dropRate);
    for (int seed = 0; seed < 20; seed++) {
      long[] kept =
          Kept.indices(
              new StratifiedMask(seed, dropRate, group).on("w", new long[] {count}), count);
      LongStream.of(kept).forEach(index -> seen[(int) (index % group)]++);
      draws += count / group;
    }
    double share = (double) wanted / group;
    double expected = draws * share;
    double chiSquare = 0;
    for (long n : seen) {
      chiSquare += (n - expected) * (n - expected) / expected;
    }
    // Without replacement the counts vary less, by (g−m)/(g−1) of the multinomial; the statistic
    // has g − 1 degrees of freedom, thus variance 2(g−1). Six standard deviations and their skew.
    double freedom = group - 1;
    double scaled = group == wanted ? chiSquare : chiSquare / ((group - wanted) / freedom);
    assertThat(scaled).isLessThan(freedom + 6 * Math.sqrt(2 * freedom) + 12);
  }

  /**
   * Also pairs: a sum over the kept has the mean and the variance of drawing without replacement.
   */
  @Test
  void sumsAreUnbiasedAndVaryLessThanUnderTheRandomMask() {
    int group = 16;
    int count = 4096;
    float[] values = Deltas.values(Deltas.gaussian(count), "w");
    double total = 0;
    double expectedVariance = 0;
    int wanted = 4;
    for (int from = 0; from < count; from += group) {
      double sum = 0;
      double squares = 0;
      for (int i = from; i < from + group; i++) {
        sum += values[i] + 1e-3;
        squares += (values[i] + 1e-3) * (values[i] + 1e-3);
      }
      total += sum;
      double within = (squares - sum * sum / group) / (group - 1);
      expectedVariance += (double) group * group / wanted * (1 - (double) wanted / group) * within;
    }
    int draws = 20_000;
    double mean = 0;
    double square = 0;
    for (int seed = 0; seed < draws; seed++) {
      StratifiedMask mask = new StratifiedMask(seed, 0.75, group);
      double sum = 0;
      for (long index : Kept.indices(mask.on("w", new long[] {count}), count)) {
        sum += (values[(int) index] + 1e-3) / mask.keepRate();
      }
      mean += (sum - total) / draws;
      square += (sum - total) * (sum - total) / draws;
    }
    assertThat(mean).isCloseTo(0, within(5 * Math.sqrt(expectedVariance / draws)));
    assertThat(square)
        .isCloseTo(expectedVariance, within(5 * expectedVariance * Math.sqrt(2.0 / draws)));
  }

  @Test
  void theKeepRateIsWhatAGroupReallyKeeps() {
    assertThat(new StratifiedMask(0, 0.99, 100).keepRate()).isEqualTo(0.01);
    assertThat(new StratifiedMask(0, 0.99, 10).keepRate()).isEqualTo(0.1);
    assertThat(new StratifiedMask(0, 0.5, 3).keepRate()).isEqualTo(2.0 / 3);
    assertThat(new StratifiedMask(0, 0.5, 1).keepRate()).isEqualTo(1);
  }

  @Test
  void reachesBlocksBeyondTwoToTheThirtyOneElements() {
    long count = (5L << 32) + 10;
    TensorMask mask = new StratifiedMask(3, 0.999, 1000).on("w", new long[] {count});
    assertThat(Kept.block(mask, TensorMask.blocks(count) - 2).count()).isEqualTo(66);
    assertThat(Kept.block(mask, TensorMask.blocks(count) - 1).boxed())
        .hasSize(1)
        .allMatch(index -> index >= count - 10 && index < count);
  }

  @Test
  void refusesGroupsOutsideTheRange() {
    for (int group : new int[] {0, -1, 65_537}) {
      assertThatThrownBy(() -> new StratifiedMask(0, 0.5, group))
          .hasMessage("group must be from 1 to 65536, got " + group);
    }
    assertThatThrownBy(
            () -> Masks.create("stratified", Map.of("seed", 1, "dropRate", 0.5, "group", 1L << 32)))
        .hasMessage(
            "mask stratified needs a whole number from 1 to 65536 as 'group', got 4294967296");
  }
}
