package io.darex.bench.select;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.bench.console.BadInputException;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Preflight;
import io.darex.prune.Selection;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
  private static final Delta DELTA = Delta.between(zeros(), zeros(), Selection.ALL);

  @ParameterizedTest
  @ValueSource(longs = {5_000, 50_000, 1_000_000, 3_000_000})
  void theSmallestRateThatFits(long bytes) {
    for (String mask : List.of("random", "magnitude")) {
      double rate = Target.rateFor(DELTA, mask, bytes);
      assertThat(bytes(mask, rate)).isLessThanOrEqualTo(bytes);
      assertThat(bytes(mask, 1 - 1.02 * (1 - rate))).isGreaterThan(bytes);
    }
  }

  @Test
  void masksThatStorePlacesHaveToDropMore() {
    assertThat(Target.rateFor(DELTA, "magnitude", 100_000))
        .isGreaterThan(Target.rateFor(DELTA, "random", 100_000));
  }

  @Test
  void whereAllFitsNothingIsDropped() {
    assertThat(Target.rateFor(DELTA, "random", 1L << 40)).isZero();
  }

  @Test
  void headersAloneMayBeTooMuch() {
    assertThatThrownBy(() -> Target.rateFor(DELTA, "random", 100))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("--bytes: expected at least")
        .hasMessageContaining("got 100");
  }

  private static long bytes(String mask, double rate) {
    Recipe recipe = Recipe.of(Map.of("mask", mask, "dropRate", rate));
    return Preflight.of(DELTA).fileBytes(recipe.mask(), recipe.values());
  }

  private static Checkpoint zeros() {
    FloatTensor tensor = new FloatTensor("w", new long[] {1000, 1000}, new float[1_000_000]);
    return InMemoryCheckpoint.of(List.of(tensor), Optional.empty());
  }
}
