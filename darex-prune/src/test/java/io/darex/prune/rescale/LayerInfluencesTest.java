package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Delta;
import io.darex.prune.LayerInput;
import io.darex.prune.MismatchException;
import io.darex.prune.Scale;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class LayerInfluencesTest {
  private static final TinyModel TINY = new TinyModel(1);

  @Property(tries = 20)
  void predictsTheErrorsOfALayer(
      @ForAll long seed, @ForAll @DoubleRange(min = 0.05, max = 0.95) double p) {
    TinyModel model = new TinyModel(seed);
    LayerInfluences a = model.calibration().influences(model.delta, 2).get(0);
    assertThat(a.weight()).isEqualTo("a.weight");
    assertThat(a.bias()).contains("a.bias");
    Map<String, Double> rates = TinyModel.uniform(p);
    double whole = model.errorOfA(Map.of("a.weight", new double[4], "a.bias", new double[2]));
    double dare = model.expectation(rates, Scale.of(1 - p), model::errorOfA) / whole;
    assertThat(a.errorAtKeepRate(p)).isCloseTo(dare, within(1e-9 * dare));
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
    LayerInfluences a = model.calibration().influences(model.delta, 1).get(0);
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
  void namesLayersThatDoNotFit() {
    fails(Map.of("b.weight", TinyModel.input(TINY.xa)), "b.weight: expected shape [out, 2]");
    fails(Map.of("norm.weight", TinyModel.input(TINY.xa)), "norm.weight: expected shape");
    fails(Map.of("c.weight", TinyModel.input(TINY.xa)), "none of the 1 layers");
  }

  private static void fails(Map<String, LayerInput> inputs, String message) {
    Calibration calibration = new Calibration(() -> new TreeMap<>(inputs));
    assertThatThrownBy(() -> calibration.influences(TINY.delta, 1))
        .isInstanceOf(MismatchException.class)
        .hasMessageContaining(message);
  }
}
