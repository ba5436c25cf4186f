package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.mask.RandomMask;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class QLearnedTest implements RescaleContract {
  private static final Delta DELTA = RescaleContract.delta();
  private static final SparseDelta PRUNED = new Pruning(new RandomMask(3, 0.9)).prune(DELTA, 2);
  private static final ToyOutputs OUTPUTS =
      ToyOutputs.random(9, 3, DELTA.tuned(), "a.weight", "a.bias");

  @Override
  public Rescale rescale() {
    return new QLearned(Scope.GLOBAL, 5, 0.2);
  }

  private static Evidence evidence(Outputs outputs) {
    Calibration known = RescaleContract.evidence().calibration().orElseThrow();
    return Evidence.none().withCalibration(Optional.of(new Calibration(known::inputs, outputs)));
  }

  private static double change(Scale scale) {
    return OUTPUTS.change(PRUNED.withScale(scale).applyTo(DELTA.base()));
  }

  @Test
  void findsTheGlobalQOfAGrid() {
    Scale found =
        new QLearned(Scope.GLOBAL, 60, 0.3).find(DELTA, PRUNED, evidence(OUTPUTS), 2).scale();
    double least = Double.POSITIVE_INFINITY;
    for (double q = 0.1; q <= 1; q += 0.002) {
      least = Math.min(least, change(Scale.of(q)));
    }
    assertThat(change(found)).isLessThanOrEqualTo(least * 1.001);
    assertThat(change(found)).isLessThan(0.9 * change(Scale.of(1 - 0.9)));
  }

  @Test
  void beatsEveryPairOfQsOfAGrid() {
    Scale found =
        new QLearned(Scope.LAYER, 60, 0.3).find(DELTA, PRUNED, evidence(OUTPUTS), 2).scale();
    assertThat(found.q("a.bias")).isEqualTo(found.q("a.weight"));
    double least = Double.POSITIVE_INFINITY;
    for (double q = 0.1; q <= 1; q += 0.01) {
      least = Math.min(least, change(Scale.of(q)));
    }
    assertThat(change(found)).isLessThanOrEqualTo(least * 1.001);
  }

  /** The gradient by log σ against central differences of the change itself. */
  @Test
  void differentiatesTheChange() {
    Shrinkages rates = new Shrinkages(PRUNED);
    Groups groups =
        new Groups(
            DELTA,
            PrunedLayer.of(DELTA, RescaleContract.evidence().calibration().orElseThrow().inputs()),
            rates);
    OutputChange change = new OutputChange(DELTA, PRUNED, rates, evidence(OUTPUTS), 2);
    double[] at = {0.4, 0.7};
    double[] gradient = new double[2];
    double value = change.at(groups, at, gradient);
    assertThat(value).isEqualTo(change(groups.scale(at)));
    double step = 1e-3;
    double up = change(groups.scale(new double[] {0.4, 0.7 * Math.exp(step)}));
    double down = change(groups.scale(new double[] {0.4, 0.7 * Math.exp(-step)}));
    assertThat(gradient[1])
        .isCloseTo((up - down) / (2 * step), within(1e-3 * Math.abs(gradient[1])));
    assertThat(gradient[0]).isZero();
  }

  @Test
  void isNeverWorseThanItsStartsAndReportsEveryPoint() {
    for (int steps : new int[] {0, 1, 7}) {
      List<Point> seen = new ArrayList<>();
      Found found =
          new QLearned(Scope.LAYER, steps, 5)
              .find(DELTA, PRUNED, evidence(OUTPUTS).withProgress(seen::add), 2);
      assertThat(seen).isEqualTo(found.searched()).hasSizeBetween(3, 3 + steps);
      assertThat(found.searched().get(0)).isEqualTo(new Point(1 - 0.9, -change(Scale.of(1 - 0.9))));
      assertThat(found.searched()).allMatch(point -> point.score() <= -change(found.scale()));
    }
  }

  @Test
  void passesOverPointsWithoutAChange() {
    // Every second evaluation is NaN: the starts 1 and 3 count, and some steps.
    int[] calls = {0};
    Outputs halting =
        new Outputs() {
          @Override
          public void gradients(Consumer<Map<String, Tensor>> each) {
            OUTPUTS.gradients(each);
          }

          @Override
          public double change(Checkpoint candidate, Consumer<Map<String, Tensor>> gradients) {
            double change = OUTPUTS.change(candidate, gradients);
            return ++calls[0] % 2 == 0 ? Double.NaN : change;
          }
        };
    Found found = new QLearned(Scope.GLOBAL, 8, 0.3).find(DELTA, PRUNED, evidence(halting), 2);
    assertThat(found.searched()).hasSize(11);
    assertThat(found.searched()).filteredOn(point -> Double.isNaN(point.score())).hasSize(5);
    assertThat(change(found.scale())).isLessThanOrEqualTo(change(Scale.of(1 - 0.9)));
    Outputs never = new ToyOutputs(DELTA.tuned(), OUTPUTS.features(), Double.NaN);
    assertThatThrownBy(
            () -> new QLearned(Scope.GLOBAL, 8, 0.3).find(DELTA, PRUNED, evidence(never), 2))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("NaN at every q tried");
  }

  @Test
  void refusesStepsThatAreNone() {
    assertThatThrownBy(() -> new QLearned(Scope.LAYER, -1, 1)).hasMessageContaining("steps");
    assertThatThrownBy(() -> new QLearned(Scope.LAYER, 1, 0)).hasMessageContaining("rate");
    assertThat(Rescales.create("q-learned", Map.of())).isEqualTo(QLearned.DEFAULT);
    assertThat(Rescales.create("q-learned", new TreeMap<>(Map.of("scope", "global"))))
        .isEqualTo(new QLearned(Scope.GLOBAL, 30, 0.3));
  }
}
