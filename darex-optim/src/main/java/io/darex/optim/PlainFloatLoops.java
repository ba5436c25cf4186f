package io.darex.optim;

/** {@link FloatLoops} that any JVM runs; C2 makes vector code of most of them. */
final class PlainFloatLoops implements FloatLoops {
  @Override
  public void addSquares(double[] sums, float[] x, int from, int to) {
    for (int i = from; i < to; i++) {
      double value = x[i];
      sums[i] += value * value;
    }
  }

  @Override
  public void add(double[] sums, float[] x, int from, int to) {
    for (int i = from; i < to; i++) {
      sums[i] += x[i];
    }
  }

  @Override
  public void moments(float[] g, float[] m, float[] v, int from, int to, Coefficients by) {
    float scale = (float) by.gradientScale();
    float beta1 = (float) by.beta1();
    float beta2 = (float) by.beta2();
    float new1 = (float) (1 - by.beta1());
    float new2 = (float) (1 - by.beta2());
    for (int i = from; i < to; i++) {
      float x = g[i] * scale;
      m[i] = beta1 * m[i] + new1 * x;
      v[i] = beta2 * v[i] + new2 * (x * x);
    }
  }

  @Override
  public void shrink(float[] theta, float[] anchor, int from, int to, float pull) {
    for (int i = from; i < to; i++) {
      theta[i] -= pull * (theta[i] - anchor[i]);
    }
  }

  // Clamps instead of Math.signum and branches, which C2 would leave scalar, at five times the
  // cost.

  @Override
  public void shift(float[] theta, float[] anchor, int from, int to, float pull) {
    for (int i = from; i < to; i++) {
      float steep = (theta[i] - anchor[i]) * Float.MAX_VALUE;
      theta[i] -= Math.max(-pull, Math.min(pull, steep));
    }
  }

  @Override
  public void adam(float[] theta, float[] m, float[] v, int from, int to, Coefficients by) {
    float rate = (float) by.rate();
    float unbias = (float) by.unbias();
    float epsilon = (float) by.epsilon();
    for (int i = from; i < to; i++) {
      theta[i] -= rate * m[i] / ((float) Math.sqrt(v[i] * unbias) + epsilon);
    }
  }

  @Override
  public void prox(float[] theta, float[] anchor, int from, int to, float pull) {
    for (int i = from; i < to; i++) {
      float delta = theta[i] - anchor[i];
      float shift = Math.max(-pull, Math.min(pull, delta));
      // From θ and not from Δ, whose rounding a constant pull would repeat the same way every step.
      theta[i] = shift == delta ? anchor[i] : theta[i] - shift;
    }
  }
}
