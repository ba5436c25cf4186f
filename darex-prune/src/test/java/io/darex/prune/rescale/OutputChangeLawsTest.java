package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoints;
import io.darex.prune.TensorMask;
import io.darex.prune.mask.RandomMask;
import org.junit.jupiter.api.Test;

/** What docs/METHOD.md §2.1 says of one output's change h(q), against masks as they are drawn. */
class OutputChangeLawsTest {
  private static final int INPUTS = 400;
  private static final int DRAWS = 20_000;

  /** One output's influences c_j = ΔW_j·x_j. */
  private static double[] influences() {
    float[] delta = Checkpoints.values(Checkpoints.random(1, "w", 1e-3, INPUTS));
    float[] x = Checkpoints.values(Checkpoints.random(2, "x", 1, INPUTS));
    double[] influences = new double[INPUTS];
    for (int j = 0; j < INPUTS; j++) {
      // A mean that is not 0, or the law of E would say nothing.
      influences[j] = delta[j] * x[j] + 2e-4;
    }
    return influences;
  }

  /** Σ_j A_j·c_j, once a mask. */
  private static double[] kept(double[] influences, double p) {
    double[] sums = new double[DRAWS];
    char[] places = new char[INPUTS];
    for (int seed = 0; seed < DRAWS; seed++) {
      TensorMask mask = new RandomMask(seed, p).on("w", new long[] {1, INPUTS});
      int kept = mask.block(0, places);
      for (int i = 0; i < kept; i++) {
        sums[seed] += influences[places[i]];
      }
    }
    return sums;
  }

  @Test
  void meanAndVarianceOfTheChange() {
    double[] influences = influences();
    double sum = 0;
    double squares = 0;
    for (double c : influences) {
      sum += c;
      squares += c * c;
    }
    for (double p : new double[] {0.5, 0.9, 0.99}) {
      double[] kept = kept(influences, p);
      for (double q : new double[] {1 - p, 3 * (1 - p) / 2, 1}) {
        double mean = 0;
        for (double some : kept) {
          mean += (sum - some / q) / DRAWS;
        }
        double variance = 0;
        double fourth = 0;
        for (double some : kept) {
          double square = Math.pow(sum - some / q - mean, 2);
          variance += square / DRAWS;
          fourth += square * square / DRAWS;
        }
        double expected = p * (1 - p) * squares / (q * q);
        assertThat(mean)
            .isCloseTo((1 - (1 - p) / q) * sum, within(5 * Math.sqrt(expected / DRAWS)));
        double spread = Math.sqrt((fourth - variance * variance) / DRAWS);
        assertThat(variance)
            .isCloseTo(expected, within(5 * spread))
            .isCloseTo(expected, within(0.1 * expected));
      }
    }
  }

  /** |h(1 − p)| ≤ √Φ(p)/(1−p)·√Q·√log(2/γ), but for a γ share of the masks. */
  @Test
  void daresBoundIsBrokenInAtMostAGammaShare() {
    double[] influences = influences();
    double sum = 0;
    double squares = 0;
    for (double c : influences) {
      sum += c;
      squares += c * c;
    }
    for (double p : new double[] {0.1, 0.5, 0.9, 0.99}) {
      double[] kept = kept(influences, p);
      for (double gamma : new double[] {0.05, 0.2, 0.5}) {
        double bound = Math.sqrt(BoundQ.phi(p) * squares * Math.log(2 / gamma)) / (1 - p);
        int broken = 0;
        for (double some : kept) {
          broken += Math.abs(sum - some / (1 - p)) > bound ? 1 : 0;
        }
        assertThat(broken / (double) DRAWS).as("p = %s, gamma = %s", p, gamma).isLessThan(gamma);
        if (p == 0.5 && gamma == 0.5) {
          // and it is a bound that can be broken
          assertThat(broken).isPositive();
        }
      }
    }
  }
}
