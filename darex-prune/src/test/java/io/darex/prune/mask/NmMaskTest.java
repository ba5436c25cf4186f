package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Delta;
import io.darex.prune.Mask;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NmMaskTest implements MaskContract {
  @Override
  public Mask mask(double dropRate) {
    return new NmMask((int) Math.round(1000 * (1 - dropRate)), 1000);
  }

  @Property(tries = 150)
  void keepsWhatSortingKeeps(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int m = random.nextInt(1, random.nextInt(10) == 0 ? 65_537 : 40);
    int n = random.nextInt(1, m + 1);
    long[] shape = Deltas.shape(random, 140_000);
    Delta delta =
        Deltas.of(
            random.nextBoolean() ? Deltas.coarse(seed, "w", shape) : Deltas.pair(seed, "w", shape));
    float[] values = Deltas.values(delta, "w");
    int row = Deltas.row(shape);
    LongStream.Builder expected = LongStream.builder();
    for (int start = 0; start < values.length; start += row) {
      for (int from = start; from < start + row; from += m) {
        int end = Math.min(start + row, from + m);
        int wanted = (int) Math.ceil((end - from) * (long) n / (double) m);
        int nonZeros = Brute.nonZeros(values, from, end);
        Arrays.stream(Brute.largest(values, from, end, Math.min(wanted, nonZeros)))
            .forEach(expected);
      }
    }
    assertThat(Kept.indices(new NmMask(n, m).choose(delta, 2).on("w"), values.length))
        .isEqualTo(expected.build().toArray());
  }

  @Test
  void keepsTwoOfFour() {
    Delta delta = Deltas.of(new long[] {2, 7}, 1, -3, 2, 1, 5, 0, 5, 0, 0, 0, -1, 2, 2, 2);
    assertThat(Kept.indices(new NmMask(2, 4).choose(delta, 1).on("w"), 14))
        .containsExactly(1, 2, 4, 6, 10, 11, 12);
  }

  @Test
  void hasTheDropRateThatItsNumbersMake() {
    assertThat(new NmMask(2, 4).dropRate()).isEqualTo(0.5);
    assertThat(new NmMask(9, 10).dropRate()).isEqualTo(0.1);
    assertThat(new NmMask(1, 3).dropRate()).isEqualTo(2.0 / 3);
    assertThat(Masks.KINDS.get("n:m").create(Map.of())).isEqualTo(new NmMask(2, 4));
    assertThat(Masks.create("n:m", Map.of("keep", "9:10"))).isEqualTo(new NmMask(9, 10));
    assertThatThrownBy(() -> Masks.create("n:m", Map.of("keep", "2:4", "dropRate", 0.5)))
        .hasMessage("mask n:m has no parameter 'dropRate'; it has [keep]");
    assertThatThrownBy(() -> Masks.create("n:m", Map.of("keep", "2/4")))
        .hasMessage("keep: expected n:m, such as 2:4, got \"2/4\"");
  }

  @ParameterizedTest
  @CsvSource({"0, 4", "5, 4", "-1, -1", "1, 65537"})
  void refusesImpossibleNumbers(int n, int m) {
    assertThatThrownBy(() -> new NmMask(n, m))
        .hasMessage("n:m must have 1 ≤ n ≤ m ≤ 65536, got " + n + ":" + m);
  }
}
