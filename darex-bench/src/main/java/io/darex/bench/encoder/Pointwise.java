package io.darex.bench.encoder;

import java.util.function.DoubleUnaryOperator;

/**
 * A function of one number over whole arrays, and its slope. Those of common models are branch-free
 * loops in fp32 (see {@link VectorLoops}); {@link Each} serves the others.
 */
interface Pointwise {
  float INVERSE_ROOT_OF_TWO_PI = 0.3989423f;
  float ROOT_OF_TWO_OVER_PI = 0.7978846f;
  float CUBIC = 0.044715f;

  /** {@code y = f(x)}, two arrays. */
  void forward(float[] x, float[] y, int count);

  /**
   * {@code gradient *= f′(x)} and {@code y = f(x)}.
   *
   * @param spare is overwritten
   */
  void backward(float[] x, float[] y, float[] gradient, float[] spare, int count);

  /**
   * {@code y = x·σ(z) = (max(x, 0) + min(x, 0)·e)/(1 + e)} where {@code y} holds {@code e =
   * exp(−|z|)} and z has the sign of x.
   */
  private static void gate(float[] x, float[] y, int count) {
    for (int i = 0; i < count; i++) {
      float e = y[i];
      y[i] = (Math.max(x[i], 0) + Math.min(x[i], 0) * e) / (1 + e);
    }
  }

  /** Number by number, in double. */
  record Each(DoubleUnaryOperator value, DoubleUnaryOperator slope) implements Pointwise {
    @Override
    public void forward(float[] x, float[] y, int count) {
      for (int i = 0; i < count; i++) {
        y[i] = (float) value.applyAsDouble(x[i]);
      }
    }

    @Override
    public void backward(float[] x, float[] y, float[] gradient, float[] spare, int count) {
      for (int i = 0; i < count; i++) {
        gradient[i] *= (float) slope.applyAsDouble(x[i]);
      }
      forward(x, y, count);
    }
  }

  /** x·Φ(x), with the exact normal distribution function. */
  record Gelu() implements Pointwise {
    @Override
    public void forward(float[] x, float[] y, int count) {
      VectorLoops.normalDistribution(x, y, count);
      for (int i = 0; i < count; i++) {
        y[i] *= x[i];
      }
    }

    @Override
    public void backward(float[] x, float[] y, float[] gradient, float[] spare, int count) {
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
  }

  /** x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2, which is x·σ(2z), where z has the sign of x. */
  record GeluTanh() implements Pointwise {
    @Override
    public void forward(float[] x, float[] y, int count) {
      exponentials(x, y, count);
      gate(x, y, count);
    }

    @Override
    public void backward(float[] x, float[] y, float[] gradient, float[] spare, int count) {
      exponentials(x, spare, count);
      for (int i = 0; i < count; i++) {
        float e = spare[i];
        float inverse = 1 / (1 + e);
        // 1 where x > 0 and 0 where x < 0; between, the formula below is the same to fp32.
        float sign = Math.min(Math.max(x[i] * 1e30f, 0), 1);
        float sigmoid = (sign + (1 - sign) * e) * inverse;
        // Beyond ±5 the second term is below 2e-6, and the factors of e would only amplify its
        // error.
        float near = Math.min(Math.max(x[i], -5), 5);
        float slope = 2 * ROOT_OF_TWO_OVER_PI * (1 + 3 * CUBIC * near * near);
        gradient[i] *= sigmoid + near * e * inverse * inverse * slope;
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
  }

  /** x·σ(k·x). */
  record Gated(float k) implements Pointwise {
    @Override
    public void forward(float[] x, float[] y, int count) {
      exponentials(x, y, count);
      gate(x, y, count);
    }

    @Override
    public void backward(float[] x, float[] y, float[] gradient, float[] spare, int count) {
      exponentials(x, spare, count);
      for (int i = 0; i < count; i++) {
        float e = spare[i];
        float inverse = 1 / (1 + e);
        float sigmoid = (x[i] > 0 ? 1 : e) * inverse;
        gradient[i] *= sigmoid + k * x[i] * e * inverse * inverse;
        y[i] = x[i] * sigmoid;
      }
    }

    private void exponentials(float[] x, float[] e, int count) {
      for (int i = 0; i < count; i++) {
        e[i] = -k * Math.abs(x[i]);
      }
      VectorLoops.exp(e, count);
    }
  }

  /** max(x, 0). */
  record Relu() implements Pointwise {
    @Override
    public void forward(float[] x, float[] y, int count) {
      for (int i = 0; i < count; i++) {
        y[i] = Math.max(x[i], 0);
      }
    }

    @Override
    public void backward(float[] x, float[] y, float[] gradient, float[] spare, int count) {
      for (int i = 0; i < count; i++) {
        gradient[i] = x[i] > 0 ? gradient[i] : 0;
        y[i] = Math.max(x[i], 0);
      }
    }
  }

  /** {@link Gelu} held within ±10. */
  record ClippedGelu() implements Pointwise {
    private static final float MOST = 10;

    @Override
    public void forward(float[] x, float[] y, int count) {
      new Gelu().forward(x, y, count);
      clip(y, count);
    }

    @Override
    public void backward(float[] x, float[] y, float[] gradient, float[] spare, int count) {
      new Gelu().backward(x, y, gradient, spare, count);
      for (int i = 0; i < count; i++) {
        gradient[i] = y[i] > MOST ? 0 : gradient[i];
      }
      clip(y, count);
    }

    /** Nothing of GELU is below −0.17. */
    private static void clip(float[] y, int count) {
      for (int i = 0; i < count; i++) {
        y[i] = Math.min(y[i], MOST);
      }
    }
  }

  /** Φ((x − μ)/σ) with the constants of MEGA, which near 1 make it look like max(x, 0)². */
  record Laplace() implements Pointwise {
    static final float MEAN = 0.707107f;
    static final float DEVIATION = 0.282095f;

    @Override
    public void forward(float[] x, float[] y, int count) {
      standardise(x, y, count);
      VectorLoops.normalDistribution(y, y, count);
    }

    @Override
    public void backward(float[] x, float[] y, float[] gradient, float[] spare, int count) {
      standardise(x, y, count);
      for (int i = 0; i < count; i++) {
        spare[i] = -0.5f * y[i] * y[i];
      }
      VectorLoops.exp(spare, count);
      for (int i = 0; i < count; i++) {
        gradient[i] *= spare[i] * (INVERSE_ROOT_OF_TWO_PI / DEVIATION);
      }
      VectorLoops.normalDistribution(y, y, count);
    }

    private static void standardise(float[] x, float[] y, int count) {
      for (int i = 0; i < count; i++) {
        y[i] = (x[i] - MEAN) * (1 / DEVIATION);
      }
    }
  }
}
