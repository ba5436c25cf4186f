package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.LayerInput;
import io.darex.prune.MismatchException;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class QLayerMseTest implements RescaleContract {
  private static final QLayerMse GLOBAL = new QLayerMse(Scope.GLOBAL);
  private static final QLayerMse LAYER = new QLayerMse(Scope.LAYER);
  private static final Outputs NONE = new ToyOutputs(Checkpoints.of(), List.of(), 0);

  @Override
  public Rescale rescale() {
    return LAYER;
  }

  private static Scale find(QLayerMse rescale, TinyModel model, Map<String, Double> rates) {
    return rescale.find(model.delta, model.pruned(rates), model.evidence(NONE), 2).scale();
  }

  @Property(tries = 20)
  void theLayersQsHaveTheLeastExpectedErrorOverAllMasks(
      @ForAll long seed, @ForAll @DoubleRange(min = 0.05, max = 0.95) double p) {
    TinyModel model = new TinyModel(seed);
    Map<String, Double> rates = TinyModel.uniform(p);
    Scale found = find(LAYER, model, rates);
    Scale pooled = find(GLOBAL, model, rates);
    assertThat(found.q("a.bias")).isEqualTo(found.q("a.weight"));
    assertThat(found.q("norm.weight"))
        .isCloseTo((found.q("a.weight") + found.q("b.weight")) / 2, within(1e-12));
    double a = model.expectation(rates, found, model::errorOfA);
    double b = model.expectation(rates, found, model::errorOfB);
    double both = model.expectation(rates, pooled, d -> model.errorOfA(d) + model.errorOfB(d));
    for (int i = 0; i <= 20; i++) {
      Scale other = Scale.of(Math.min(1, 1 - p + p * i / 20.0));
      double otherA = model.expectation(rates, other, model::errorOfA);
      double otherB = model.expectation(rates, other, model::errorOfB);
      assertThat(a).isLessThanOrEqualTo(otherA * (1 + 1e-6));
      assertThat(b).isLessThanOrEqualTo(otherB * (1 + 1e-6));
      assertThat(both).isLessThanOrEqualTo((otherA + otherB) * (1 + 1e-6));
    }
  }

  @Property(tries = 20)
  void predictsTheErrorsOfALayer(
      @ForAll long seed, @ForAll @DoubleRange(min = 0.05, max = 0.95) double p) {
    TinyModel model = new TinyModel(seed);
    LayerInfluences a = model.calibration(NONE).influences(model.delta, 2).get(0);
    assertThat(a.weight()).isEqualTo("a.weight");
    assertThat(a.bias()).contains("a.bias");
    Map<String, Double> rates = TinyModel.uniform(p);
    double whole = model.errorOfA(Map.of("a.weight", new double[4], "a.bias", new double[2]));
    double dare = model.expectation(rates, Scale.of(1 - p), model::errorOfA) / whole;
    assertThat(a.errorAtKeepRate(p)).isCloseTo(dare, within(1e-9 * dare));
    double q = 1 - p + p / a.alignment();
    double shrinkage = (1 - p) / q;
    double best = Math.pow(1 - shrinkage, 2) + shrinkage * shrinkage * dare;
    assertThat(a.errorAtBestQ(p)).isCloseTo(best, within(1e-9));
    assertThat(a.q(p)).isCloseTo(Math.min(1, q), within(1e-12));
  }

  /** c̄ and σ from every influence of every input. */
  @Property(tries = 20)
  void hasMeanAndDeviationOfTheInfluences(@ForAll long seed) {
    TinyModel model = new TinyModel(seed);
    double sum = 0;
    double squares = 0;
    int count = 0;
    for (double[] x : model.xa) {
      for (int i = 0; i < 2; i++) {
        double[] influences = {
          model.entry("a.weight", 2 * i) * x[0],
          model.entry("a.weight", 2 * i + 1) * x[1],
          model.entry("a.bias", i)
        };
        for (double c : influences) {
          sum += c;
          squares += c * c;
          count++;
        }
      }
    }
    LayerInfluences a = model.calibration(NONE).influences(model.delta, 1).get(0);
    double mean = sum / count;
    assertThat(a.count() * a.inputs()).isEqualTo(count);
    assertThat(a.mean()).isCloseTo(mean, within(1e-12));
    assertThat(a.deviation()).isCloseTo(Math.sqrt(squares / count - mean * mean), within(1e-9));
  }

  /** A layer wider and longer than a step and a task, against the naive double loop. */
  @Test
  void multipliesByBlocksWhatALoopDoes() {
    Delta delta = RescaleContract.delta();
    LayerInput input = RescaleContract.input(8, 500);
    double signal = 0;
    for (int row = 0; row < 300; row++) {
      double[] entries = new double[500];
      double bias = delta.pairs().get("a.bias").at(row);
      for (int j = 0; j < 500; j++) {
        entries[j] = delta.pairs().get("a.weight").at(row * 500L + j);
        signal += 2 * bias * entries[j] * input.mean(j);
      }
      signal += bias * bias;
      for (int i = 0; i < 500; i++) {
        for (int j = 0; j < 500; j++) {
          signal += entries[i] * input.product(i, j) * entries[j];
        }
      }
    }
    Calibration calibration = RescaleContract.evidence().calibration().orElseThrow();
    LayerInfluences layer = calibration.influences(delta, 3).get(0);
    assertThat(layer.outputSquares()).isCloseTo(signal, within(1e-9 * signal));
    assertThat(calibration.influences(delta, 1)).containsExactly(layer);
  }

  @Test
  void leavesALayerWithoutInfluenceToDare() {
    LayerInfluences none = new LayerInfluences("w", Optional.empty(), 3, 4, 0, 0, 0, 0);
    assertThat(none.q(0.9)).isEqualTo(1 - 0.9);
    assertThat(new LayerInfluences("w", Optional.empty(), 3, 4, 0, 5, 0, 0).q(0.9)).isEqualTo(1);
    assertThat(new LayerInfluences("w", Optional.empty(), 3, 4, 0, 5, 0, 0).q(0)).isEqualTo(1);
  }

  @Test
  void saysWhatIsMissingOrWrong() {
    TinyModel model = new TinyModel(1);
    SparseDelta pruned = model.pruned(TinyModel.uniform(0.5));
    assertThatThrownBy(() -> GLOBAL.find(model.delta, pruned, Evidence.none(), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rescale q-layer-mse needs calibration text, and there is none");
    fails(Map.of("b.weight", TinyModel.input(model.xa)), "b.weight: expected shape [out, 2]");
    fails(Map.of("norm.weight", TinyModel.input(model.xa)), "norm.weight: expected shape");
    fails(Map.of("c.weight", TinyModel.input(model.xa)), "none of the 1 layers");
  }

  private static void fails(Map<String, LayerInput> inputs, String message) {
    TinyModel model = new TinyModel(1);
    Evidence evidence =
        Evidence.none()
            .withCalibration(Optional.of(new Calibration(() -> new TreeMap<>(inputs), NONE)));
    for (Rescale rescale : List.of(GLOBAL, new QLeastSquares(Scope.LAYER))) {
      assertThatThrownBy(
              () -> rescale.find(model.delta, model.pruned(TinyModel.uniform(0.5)), evidence, 1))
          .isInstanceOf(MismatchException.class)
          .hasMessageContaining(message);
    }
  }
}
