package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every mask must do; a mask's test implements it. */
public interface MaskContract {
  /** A mask of that drop rate. */
  Mask mask(double dropRate);

  /** The mask with what it has to know of a delta before it can choose from it. */
  default Mask fitted(Mask mask, Delta delta) {
    return mask;
  }

  private Choice choose(double dropRate, Delta delta, int threads) {
    return fitted(mask(dropRate), delta).choose(delta, threads);
  }

  @Test
  default void isListedAndRebuiltFromItsParameters() {
    Mask mask = mask(0.9);
    assertThat(Masks.KINDS.names()).contains(mask.kind());
    assertThat(Masks.create(mask.kind(), mask.parameters())).isEqualTo(mask);
  }

  @Test
  default void anotherSeedKeepsTheRate() {
    assertThat(mask(0.7).dropRate()).isEqualTo(0.7);
    assertThat(mask(0.7).withSeed(99).dropRate()).isEqualTo(0.7);
  }

  @Test
  default void blocksDoNotDependOnTheOrderTheyAreAskedFor() {
    Delta delta = Deltas.gaussian(3, 65_536);
    TensorMask once = choose(0.5, delta, 2).on("w");
    TensorMask again = choose(0.5, delta, 2).on("w");
    long[] forward = LongStream.range(0, 3).flatMap(b -> Kept.block(once, b)).toArray();
    Kept.block(again, 2);
    Kept.block(again, 1);
    assertThat(Kept.block(again, 1).toArray()).isEqualTo(Kept.block(again, 1).toArray());
    assertThat(Kept.indices(again, 3 * 65_536L)).isEqualTo(forward);
  }

  @Test
  default void offsetsRiseStayInTheTensorAndFitTheirNumber() {
    for (long[] shape :
        new long[][] {
          {},
          {0},
          {1},
          {2},
          {65_535},
          {65_536},
          {65_537},
          {3, 70_000},
          {0, 4},
          {4, 0},
          {90, 1000},
          {5, 4, 3, 2},
          {200_000, 1}
        }) {
      long count = Tensor.count(shape);
      TensorMask mask = choose(0.6, Deltas.gaussian(shape), 2).on("w");
      long[] kept = Kept.indices(mask, count);
      assertThat(kept).isSorted().doesNotHaveDuplicates();
      assertThat(LongStream.of(kept).allMatch(index -> index >= 0 && index < count)).isTrue();
      for (long block = 0; block < TensorMask.blocks(count); block++) {
        int size = (int) Kept.block(mask, block).count();
        assertThat(mask.block(block, new char[size])).isEqualTo(size);
      }
    }
  }

  @Test
  default void threadsMakeNoDifference() {
    Delta delta =
        Deltas.of(
            Deltas.pair(1, "a", 700, 300),
            Deltas.pair(2, "b", 70_001),
            Deltas.pair(3, "c", 2, 3, 40_000),
            Deltas.pair(4, "d"),
            Deltas.pair(5, "e", 0, 3));
    Choice one = choose(0.8, delta, 1);
    for (int threads : new int[] {2, 8}) {
      Choice many = choose(0.8, delta, threads);
      delta
          .pairs()
          .forEach(
              (name, pair) -> {
                long count = pair.tuned().count();
                assertThat(Kept.indices(many.on(name), count))
                    .isEqualTo(Kept.indices(one.on(name), count));
              });
    }
  }

  @Test
  default void keepsTheShareItSays() {
    int count = 1_000_000;
    Delta delta = Deltas.gaussian(count);
    for (double p : new double[] {0, 0.1, 0.5, 0.9, 0.99, 0.999}) {
      Mask mask = fitted(mask(p), delta);
      double q = mask.keepRate("w");
      int kept = Kept.indices(mask.choose(delta, 2).on("w"), count).length;
      // Six standard deviations of a binomial count.
      assertThat((double) kept).isCloseTo(count * q, within(6 * Math.sqrt(count * q * (1 - q))));
    }
  }
}
