package io.darex.bench.encoder;

import java.util.List;

/** The non-linear function of a feed-forward layer or of a head. */
public enum Activation {
  /** x·Φ(x), with the exact normal distribution function. */
  GELU("gelu") {
    @Override
    void forward(float[] x, float[] y, int count) {
      VectorLoops.normalDistribution(x, y, count);
      for (int i = 0; i < count; i++) {
        y[i] *= x[i];
      }
    }

    @Override
    void backward(float[] x, float[] y, float[] gradient, float[] spare, int count) {
      for (int i = 0; i < count; i++) {
        spare[i] = -0.5f * x[i] * x[i];
      }
      VectorLoops.exp(spare, count);
      VectorLoops.normalDistribution(x, y, count);
      for (int i = 0; i < count; i++) {
        gradient[i] *= y[i] + x[i] * spare[i] * INVERSE_ROOT_OF_TWO_PI;
        y[i] *= x[i];
      }
    }
  },

  /**
   * x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2, which is x·σ(2z). With {@code e = exp(−2|z|)} that is
   * {@code (max(x, 0) + min(x, 0)·e)/(1 + e)}, for z has the sign of x.
   */
  GELU_TANH("gelu_new gelu_pytorch_tanh") {
    @Override
    void forward(float[] x, float[] y, int count) {
      exponentials(x, y, count);
      for (int i = 0; i < count; i++) {
        float e = y[i];
        y[i] = (Math.max(x[i], 0) + Math.min(x[i], 0) * e) / (1 + e);
      }
    }

    @Override
    void backward(float[] x, float[] y, float[] gradient, float[] spare, int count) {
      exponentials(x, spare, count);
      for (int i = 0; i < count; i++) {
        float e = spare[i];
        float inverse = 1 / (1 + e);
        // 1 where x > 0 and 0 where x < 0; between, the formula below is the same to fp32.
        float sign = Math.min(Math.max(x[i] * 1e30f, 0), 1);
        float sigmoid = (sign + (1 - sign) * e) * inverse;
        float slope = 2 * ROOT_OF_TWO_OVER_PI * (1 + 3 * CUBIC * x[i] * x[i]);
        gradient[i] *= sigmoid + x[i] * e * inverse * inverse * slope;
        y[i] = x[i] * sigmoid;
      }
    }

    private void exponentials(float[] x, float[] e, int count) {
      for (int i = 0; i < count; i++) {
        float z = ROOT_OF_TWO_OVER_PI * (x[i] + CUBIC * x[i] * x[i] * x[i]);
        e[i] = -2 * Math.abs(z);
      }
      VectorLoops.exp(e, count);
    }
  },

  /** max(x, 0). */
  RELU("relu") {
    @Override
    void forward(float[] x, float[] y, int count) {
      for (int i = 0; i < count; i++) {
        y[i] = Math.max(x[i], 0);
      }
    }

    @Override
    void backward(float[] x, float[] y, float[] gradient, float[] spare, int count) {
      for (int i = 0; i < count; i++) {
        gradient[i] = x[i] > 0 ? gradient[i] : 0;
        y[i] = Math.max(x[i], 0);
      }
    }
  },

  /** The hyperbolic tangent, of heads alone and therefore not in a hurry. */
  TANH("") {
    @Override
    void forward(float[] x, float[] y, int count) {
      for (int i = 0; i < count; i++) {
        y[i] = (float) Math.tanh(x[i]);
      }
    }

    @Override
    void backward(float[] x, float[] y, float[] gradient, float[] spare, int count) {
      forward(x, y, count);
      for (int i = 0; i < count; i++) {
        gradient[i] *= 1 - y[i] * y[i];
      }
    }
  };

  private static final float INVERSE_ROOT_OF_TWO_PI = 0.3989423f;
  private static final float ROOT_OF_TWO_OVER_PI = 0.7978846f;
  private static final float CUBIC = 0.044715f;

  /** Separated by spaces. */
  private final String names;

  Activation(String names) {
    this.names = names;
  }

  /** What {@code hidden_act} may call it, the first being what we write; none for heads alone. */
  List<String> names() {
    return names.isEmpty() ? List.of() : List.of(names.split(" ", -1));
  }

  /** {@code y = f(x)}, two arrays. */
  abstract void forward(float[] x, float[] y, int count);

  /**
   * {@code gradient *= f′(x)} and {@code y = f(x)}.
   *
   * @param spare is overwritten
   */
  abstract void backward(float[] x, float[] y, float[] gradient, float[] spare, int count);
}
