package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.special.Erf;
import org.junit.jupiter.api.Test;

class VectorLoopsTest {
  private static final int COUNT = 2_000_001;

  /** An even grid over [from, to]. */
  private static float[] grid(float from, float to) {
    float[] x = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      x[i] = from + (to - from) * (i / (COUNT - 1f));
    }
    return x;
  }

  private static double largestError(float[] x, float[] y, DoubleUnaryOperator exact) {
    double largest = 0;
    for (int i = 0; i < COUNT; i++) {
      largest = Math.max(largest, Math.abs(y[i] - exact.applyAsDouble(x[i])));
    }
    return largest;
  }

  @Test
  void exponentialOfNoPositiveNumber() {
    float[] x = grid(-40, 0);
    float[] y = x.clone();
    VectorLoops.exp(y, COUNT);
    assertThat(largestError(x, y, Math::exp)).isLessThan(2e-7);
    assertThat(y[COUNT - 1]).isEqualTo(1);
    assertThat(VectorLoops.max(y, 0, COUNT)).isEqualTo(1);
    float[] special = {Float.NEGATIVE_INFINITY, Float.NaN};
    VectorLoops.exp(special, 2);
    assertThat(special[0]).isCloseTo(0, within(1e-7f));
    assertThat(special[1]).isNaN();
  }

  @Test
  void normalDistribution() {
    float[] x = grid(-8, 8);
    float[] y = new float[COUNT];
    VectorLoops.normalDistribution(x, y, COUNT);
    assertThat(largestError(x, y, z -> 0.5 * Erf.erfc(-z / Math.sqrt(2)))).isLessThan(2e-7);
  }

  @Test
  void activationsAndTheirSlopes() {
    check(Activation.GELU, x -> 0.5 * x * Erf.erfc(-x / Math.sqrt(2)));
    check(
        Activation.GELU_TANH,
        x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
    check(Activation.RELU, x -> Math.max(x, 0));
    check(Activation.TANH, Math::tanh);
  }

  private static void check(Activation activation, DoubleUnaryOperator exact) {
    float[] x = grid(-9.001f, 9);
    float[] y = new float[COUNT];
    activation.forward(x, y, COUNT);
    assertThat(largestError(x, y, exact)).as("%s", activation).isLessThan(1.5e-6);
    float[] gradient = grid(1, 1);
    float[] again = new float[COUNT];
    activation.backward(x, again, gradient, new float[COUNT], COUNT);
    assertThat(largestError(x, again, exact)).as("%s", activation).isLessThan(1.5e-6);
    double step = 1e-5;
    DoubleUnaryOperator slope =
        z -> (exact.applyAsDouble(z + step) - exact.applyAsDouble(z - step)) / (2 * step);
    // ReLU has no slope at 0.
    DoubleUnaryOperator expected =
        z ->
            activation == Activation.RELU && Math.abs(z) < step
                ? (z > 0 ? 1 : 0)
                : slope.applyAsDouble(z);
    assertThat(largestError(x, gradient, expected)).as("%s", activation).isLessThan(2e-6);
  }

  @Test
  void sums() {
    float[] x = {1, 2, 3, 4, 5, 6, 7};
    assertThat(VectorLoops.sum(x, 1, 6)).isEqualTo(27);
    assertThat(VectorLoops.dot(x, x, 1, 5)).isEqualTo(4 + 9 + 16 + 25 + 36);
    assertThat(VectorLoops.max(x, 0, 7)).isEqualTo(7);
  }
}
