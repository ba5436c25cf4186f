package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every mask must do; a mask's test implements it. */
interface MaskContract {
  /** A mask of that drop rate. */
  DrawnMask mask(double dropRate);

  @Test
  default void isListedAndRebuiltFromItsParameters() {
    Mask mask = mask(0.9);
    assertThat(Masks.kinds()).contains(mask.kind());
    assertThat(Masks.create(mask.kind(), mask.parameters())).isEqualTo(mask);
  }

  @Test
  default void anotherSeedKeepsTheRate() {
    assertThat(mask(0.7).withSeed(99).dropRate()).isEqualTo(0.7);
  }

  @Test
  default void blocksDoNotDependOnTheOrderTheyAreAskedFor() {
    long[] shape = {3, 65_536};
    TensorMask once = mask(0.5).on("w", shape);
    TensorMask again = mask(0.5).on("w", shape);
    long[] forward = LongStream.range(0, 3).flatMap(b -> Kept.block(once, b)).toArray();
    Kept.block(again, 2);
    Kept.block(again, 1);
    assertThat(Kept.block(again, 1).toArray()).isEqualTo(Kept.block(again, 1).toArray());
    assertThat(Kept.indices(again, 3 * 65_536L)).isEqualTo(forward);
  }

  @Test
  default void offsetsRiseAndStayInTheTensor() {
    for (long count : new long[] {0, 1, 2, 65_535, 65_536, 65_537, 200_000}) {
      long[] kept = Kept.indices(mask(0.6).on("w", new long[] {count}), count);
      assertThat(kept).isSorted().doesNotHaveDuplicates();
      assertThat(LongStream.of(kept).allMatch(index -> index >= 0 && index < count)).isTrue();
    }
  }

  @Test
  default void keepsTheFractionItSays() {
    long count = 1_000_000;
    for (double p : new double[] {0, 0.1, 0.5, 0.9, 0.99, 0.999}) {
      int kept = Kept.indices(mask(p).on("w", new long[] {count}), count).length;
      // Six standard deviations of a binomial count.
      assertThat((double) kept)
          .isCloseTo(count * (1 - p), within(6 * Math.sqrt(count * p * (1 - p))));
    }
  }
}
