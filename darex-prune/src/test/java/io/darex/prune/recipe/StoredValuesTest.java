package io.darex.prune.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.Values;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoredValuesTest {
  private static final int COUNT = 100_000;

  /** μ = mean |Δ| of what is kept, here by sorting all of it. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 0.9, 0.99})
  void signsHaveTheMeanMagnitudeOfWhatIsKept(double dropRate) {
    float[] base = new float[COUNT];
    float[] tuned = new float[COUNT];
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < COUNT; i++) {

      tuned[i] = (float) random.nextGaussian();
    }
    double[] sorted = new double[COUNT];
    for (int i = 0; i < COUNT; i++) {
      sorted[i] = Math.abs((double) (tuned[i] - base[i]));
    }
    Arrays.sort(sorted);
    int kept = (int) Math.round(COUNT * (1 - dropRate));
    double mean = Arrays.stream(sorted, COUNT - kept, COUNT).sum() / kept;

    SparseDelta one = signs(base, tuned, dropRate, 1);
    SparseDelta two = signs(base, tuned, dropRate, 2);

    assertThat(one.values()).isEqualTo(Values.SIGN);
    assertThat(one.kept().get("w").kept()).isEqualTo(kept);
    float[] threads = new float[] {Float.NaN};
    two.kept().get("w").forEach((index, value) -> threads[0] = Math.abs(value));
    one.kept()
        .get("w")
        .forEach(
            (index, value) -> {
              int at = (int) index;
              assertThat(Math.signum(value)).isEqualTo(Math.signum(tuned[at] - base[at]));
              assertThat((double) Math.abs(value)).isCloseTo(mean, within(mean * 1e-6));
              assertThat(Math.abs(value)).isEqualTo(threads[0]);
            });
  }

  /** Least squares: another constant is farther from the kept entries. */
  @ParameterizedTest
  @ValueSource(doubles = {0.9, 0.99, 1.01, 1.1})
  void noOtherMagnitudeIsNearer(double factor) {
    float[] base = new float[COUNT];
    float[] tuned = new float[COUNT];
    SplittableRandom random = new SplittableRandom(6);
    for (int i = 0; i < COUNT; i++) {
      tuned[i] = (float) random.nextGaussian();
    }
    double[] distances = new double[2];
    signs(base, tuned, 0.8, 1)
        .kept()
        .get("w")
        .forEach(
            (index, value) -> {
              distances[0] += Math.pow(tuned[(int) index] - value, 2);
              distances[1] += Math.pow(tuned[(int) index] - factor * value, 2);
            });
    assertThat(distances[0]).isLessThan(distances[1]);
  }

  private static SparseDelta signs(float[] base, float[] tuned, double dropRate, int threads) {
    Delta delta = Delta.between(checkpoint(base), checkpoint(tuned), Selection.ALL);
    Mask mask = Recipe.of(Map.of("mask", "magnitude", "dropRate", dropRate)).mask();
    return StoredValues.of(
        new Pruning(mask, Selection.ALL).view(delta, threads), Values.SIGN, threads);
  }

  private static InMemoryCheckpoint checkpoint(float[] values) {
    return InMemoryCheckpoint.of(
        List.of(new FloatTensor("w", new long[] {100, 1000}, values)), Optional.empty());
  }
}
