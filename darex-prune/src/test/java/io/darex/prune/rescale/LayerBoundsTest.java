package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.LayerInput;
import io.darex.prune.MismatchException;
import io.darex.prune.Scale;
import io.darex.prune.mask.RandomMask;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LayerBoundsTest {
  private static final double KEEP_RATE = 1 - 0.99;

  private final Delta delta = RescaleContract.delta();
  private final LayerInput input = RescaleContract.input(8, 500);
  private final LayerBounds bounds = bounds(new TreeMap<>(Map.of("a.weight", input)));

  private LayerBounds bounds(SortedMap<String, LayerInput> inputs) {
    return new LayerBounds(delta, new RandomMask(1, 0.99), inputs, 2);
  }

  /**
   * docs/METHOD.md §3.3 from its words, with the minimum of every output looked up on a fine grid.
   */
  @Test
  void aLayerHasTheMeanOfItsOutputs() {
    double eta = bounds.eta(0.3);
    Scale scale = bounds.scale(eta);
    double mean = 0;
    for (int i = 0; i < 300; i++) {
      double sum = delta.pairs().get("a.bias").at(i);
      double squares = sum * sum;
      for (int j = 0; j < 500; j++) {
        double c = delta.pairs().get("a.weight").at(i * 500L + j) * input.mean(j);
        sum += c;
        squares += c * c;
      }
      mean += brute(Math.abs(sum), squares, eta) / 300;
    }
    assertThat(scale.q("a.weight")).isCloseTo(mean, within(2e-4));
    assertThat(scale.q("a.bias")).isEqualTo(scale.q("a.weight"));
    assertThat(scale.q("frozen")).isCloseTo(mean, within(2e-4));
    assertThat(scale.perTensor().keySet()).isEqualTo(delta.pairs().keySet());
  }

  private static double brute(double sum, double squares, double eta) {
    double phi = (1 - 2 * 0.99) / Math.log(0.01 / 0.99);
    double best = KEEP_RATE;
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = 0; i <= 20_000; i++) {
      double q = Math.min(1, KEEP_RATE + i * (1 - KEEP_RATE) / 20_000);
      double cost =
          Math.abs(
              eta * (1 - KEEP_RATE / q) * sum
                  + eta * eta * phi * squares / (4 * q * q)
                  + Math.log(40));
      if (cost < lowest) {
        lowest = cost;
        best = q;
      }
    }
    return best;
  }

  @Test
  void etaSpansFromDareToOne() {
    assertThat(bounds.eta(KEEP_RATE)).isZero();
    assertThat(bounds.scale(0).perTensor().values()).containsOnly(KEEP_RATE);
    assertThat(bounds.mean(bounds.scale(0))).isEqualTo(KEEP_RATE);
    double last = 0;
    for (double mean : new double[] {0.0101, 0.02, 0.1, 0.5, 0.999}) {
      double eta = bounds.eta(mean);
      assertThat(eta).isGreaterThan(last);
      assertThat(bounds.mean(bounds.scale(eta))).isCloseTo(mean, within(1e-9));
      last = eta;
    }
    assertThat(bounds.scale(2 * bounds.eta(1)).perTensor().values()).containsOnly(1.0);
  }

  @Test
  void namesLayersThatDoNotFit() {
    LayerInput narrow = RescaleContract.input(1, 3);
    assertThatThrownBy(() -> bounds(new TreeMap<>(Map.of("a.weight", narrow, "a.bias", narrow))))
        .isInstanceOfSatisfying(
            MismatchException.class,
            e ->
                assertThat(e.problems())
                    .containsExactly(
                        "tensor a.bias: expected shape [out, 3], as calibration has it, got [300]",
                        "tensor a.weight: expected shape [out, 3], as calibration has it, got [300,"
                            + " 500]"));
    assertThatThrownBy(() -> bounds(new TreeMap<>(Map.of("classifier.weight", narrow))))
        .isInstanceOf(MismatchException.class)
        .hasMessageContaining("none of the 1 layers");
  }

  @Test
  void aDeltaOfZerosStaysAtTheKeepRate() {
    Delta zero =
        Delta.between(
            Checkpoints.of(Checkpoints.random(1, "w", 1, 4, 3)),
            Checkpoints.of(Checkpoints.random(1, "w", 1, 4, 3)),
            io.darex.prune.Selection.ALL);
    LayerBounds none =
        new LayerBounds(
            zero,
            new RandomMask(1, 0.99),
            new TreeMap<>(Map.of("w", RescaleContract.input(1, 3))),
            1);
    assertThat(none.eta(0.5)).isZero();
    assertThat(none.scale(7).q("w")).isEqualTo(KEEP_RATE);
  }
}
