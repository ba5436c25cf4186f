package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.LayerInput;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.mask.RandomMask;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What every rescale must do; a rescale's test implements it. */
interface RescaleContract {
  /** A rescale whose parameters differ from the defaults, where it has any. */
  Rescale rescale();

  /** The smallest q it may find with a mask of this keep rate. */
  default double least(double keepRate) {
    return keepRate;
  }

  /** Tensors of several blocks, one without change, one without entries, a head. */
  static Delta delta() {
    Tensor[] base = {
      Checkpoints.random(1, "a.weight", 0.05, 300, 500),
      Checkpoints.random(2, "a.bias", 0.05, 300),
      Checkpoints.random(3, "frozen", 0.05, 40),
      Checkpoints.random(4, "empty", 0.05, 0, 7)
    };
    return Delta.between(
        Checkpoints.of(base),
        Checkpoints.of(
            Checkpoints.tuned(5, base[0], "a.weight"),
            Checkpoints.tuned(6, base[1], "a.bias"),
            base[2],
            base[3],
            Checkpoints.random(7, "classifier.weight", 0.05, 2, 3)),
        Selection.ENCODER);
  }

  /** Prefers the pruned model with the smallest weights: any score will do that is a function. */
  static Evidence evidence() {
    return Evidence.labelled(RescaleContract::smallness)
        .withUnlabelled(Optional.of(RescaleContract::smallness))
        .withCalibration(
            Optional.of(new Calibration(() -> new TreeMap<>(Map.of("a.weight", input(8, 500))))));
  }

  /** What entered a layer: four Gaussian rows. */
  static LayerInput input(long seed, int features) {
    int rows = 4;
    float[] x = Checkpoints.values(Checkpoints.random(seed, "x", 1, rows, features));
    double[] mean = new double[features];
    double[] gram = new double[features * features];
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < features; i++) {
        double value = x[row * features + i] / (double) rows;
        mean[i] += value;
        for (int j = 0; j < features; j++) {
          gram[i * features + j] += value * x[row * features + j];
        }
      }
    }
    return new LayerInput(rows, mean, gram);
  }

  private static double smallness(Checkpoint checkpoint) {
    double sum = 0;
    for (float value : Checkpoints.values(checkpoint.tensors().get("a.weight"))) {
      sum -= (double) value * value;
    }
    return sum;
  }

  private Found find(double dropRate, int threads) {
    Delta delta = delta();
    SparseDelta pruned = new Pruning(new RandomMask(3, dropRate)).prune(delta, threads);
    return rescale().find(delta, pruned, evidence(), threads);
  }

  @Test
  default void isListedAndRebuiltFromItsParameters() throws Exception {
    Rescale rescale = rescale();
    assertThat(Rescales.KINDS.names()).contains(rescale.name());
    assertThat(Rescales.create(rescale.name(), rescale.parameters())).isEqualTo(rescale);
    // They go into darex.job, and must survive JSON.
    ObjectMapper json = new ObjectMapper();
    Map<String, Object> read =
        json.readValue(json.writeValueAsString(rescale.parameters()), new TypeReference<>() {});
    assertThat(Rescales.create(rescale.name(), read)).isEqualTo(rescale);
  }

  @Test
  default void refusesParametersItDoesNotHave() {
    Map<String, Object> more = new TreeMap<>(rescale().parameters());
    more.put("density", 0.5);
    assertThatThrownBy(() -> Rescales.create(rescale().name(), more))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no parameter 'density'");
  }

  @Test
  default void everyQLiesInItsRange() {
    for (double dropRate : new double[] {0, 0.5, 0.99}) {
      Found found = find(dropRate, 2);
      double least = least(1 - dropRate);
      assertThat(found.scale().fallback()).isBetween(least, 1.0);
      assertThat(found.scale().perTensor().values()).allMatch(q -> q >= least && q <= 1);
    }
  }

  @Test
  default void namesOnlyTensorsThatArePruned() {
    assertThat(delta().pairs().keySet()).containsAll(find(0.9, 2).scale().perTensor().keySet());
  }

  @Test
  default void threadsMakeNoDifference() {
    Found one = find(0.9, 1);
    for (int threads : new int[] {1, 2, 8}) {
      assertThat(find(0.9, threads)).isEqualTo(one);
    }
  }

  @Test
  default void leavesThePrunedDeltasOwnScaleOutOfAccount() {
    Delta delta = delta();
    SparseDelta pruned = new Pruning(new RandomMask(3, 0.9)).prune(delta, 2);
    SparseDelta other = pruned.withScale(io.darex.prune.Scale.of(0.77));
    assertThat(rescale().find(delta, other, evidence(), 2))
        .isEqualTo(rescale().find(delta, pruned, evidence(), 2));
  }
}
