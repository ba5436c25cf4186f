package io.darex.optim;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link Kernel} in float, as the authors compute it.
 *
 * <p>Works on chunks that stay in the nearest cache, copied from and to native memory: C2 makes
 * vector code of plain loops over arrays, and not of loops over buffers.
 */
final class FloatKernel implements Kernel {
  private static final int CHUNK = 2048;

  /** One thread's chunks. */
  private static final class Scratch {
    final float[] g = new float[CHUNK];
    final float[] m = new float[CHUNK];
    final float[] v = new float[CHUNK];
    final float[] theta = new float[CHUNK];
    final float[] anchor = new float[CHUNK];
  }

  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private final FloatMemory theta;
  private final FloatMemory m;
  private final FloatMemory v;
  private final FloatMemory anchor;
  private FloatMemory gradient;

  FloatKernel(INDArray parameter, INDArray m, INDArray v, INDArray anchor) {
    this.theta = new FloatMemory(parameter);
    this.m = new FloatMemory(m);
    this.v = new FloatMemory(v);
    this.anchor = anchor == null ? null : new FloatMemory(anchor);
  }

  @Override
  public void gradient(INDArray array) {
    if (gradient == null || !gradient.isOf(array)) {
      gradient = new FloatMemory(array);
    }
  }

  @Override
  public double gradientSquares(long from, long to) {
    float[] g = SCRATCH.get().g;
    double sum = 0;
    for (long i = from; i < to; i += CHUNK) {
      int n = (int) Math.min(CHUNK, to - i);
      gradient.read(i, g, n);
      sum += squares(g, n);
    }
    return sum;
  }

  @Override
  public double secondMoments(long from, long to) {
    float[] x = SCRATCH.get().v;
    double sum = 0;
    for (long i = from; i < to; i += CHUNK) {
      int n = (int) Math.min(CHUNK, to - i);
      v.read(i, x, n);
      sum += sum(x, n);
    }
    return sum;
  }

  @Override
  public double advance(long from, long to, Coefficients by) {
    Scratch s = SCRATCH.get();
    float pull = (float) by.pull();
    boolean pulled = anchor != null && by.pull() > 0;
    double sum = 0;
    for (long i = from; i < to; i += CHUNK) {
      int n = (int) Math.min(CHUNK, to - i);
      gradient.read(i, s.g, n);
      m.read(i, s.m, n);
      v.read(i, s.v, n);
      theta.read(i, s.theta, n);
      moments(s.g, s.m, s.v, n, by);
      m.write(i, s.m, n);
      v.write(i, s.v, n);
      sum += sum(s.v, n);
      if (pulled) {
        anchor.read(i, s.anchor, n);
        switch (by.penalty()) {
          case L2 -> shrink(s.theta, s.anchor, n, pull);
          case L1 -> shift(s.theta, s.anchor, n, pull);
          case L1_PROX -> {}
        }
      }
      adam(s.theta, s.m, s.v, n, by);
      if (pulled && by.penalty() == Penalty.L1_PROX) {
        prox(s.theta, s.anchor, n, pull);
      }
      theta.write(i, s.theta, n);
    }
    return sum;
  }

  private static void moments(float[] g, float[] m, float[] v, int n, Coefficients by) {
    float scale = (float) by.gradientScale();
    float beta1 = (float) by.beta1();
    float beta2 = (float) by.beta2();
    float new1 = (float) (1 - by.beta1());
    float new2 = (float) (1 - by.beta2());
    for (int i = 0; i < n; i++) {
      float x = g[i] * scale;
      m[i] = beta1 * m[i] + new1 * x;
      v[i] = beta2 * v[i] + new2 * (x * x);
    }
  }

  private static void shrink(float[] theta, float[] anchor, int n, float pull) {
    for (int i = 0; i < n; i++) {
      theta[i] -= pull * (theta[i] - anchor[i]);
    }
  }

  // Clamps instead of Math.signum and branches, which C2 would leave scalar, at five times the
  // cost.

  private static void shift(float[] theta, float[] anchor, int n, float pull) {
    for (int i = 0; i < n; i++) {
      float steep = (theta[i] - anchor[i]) * Float.MAX_VALUE;
      theta[i] -= Math.max(-pull, Math.min(pull, steep));
    }
  }

  private static void adam(float[] theta, float[] m, float[] v, int n, Coefficients by) {
    float rate = (float) by.rate();
    float unbias = (float) by.unbias();
    float epsilon = (float) by.epsilon();
    for (int i = 0; i < n; i++) {
      theta[i] -= rate * m[i] / ((float) Math.sqrt(v[i] * unbias) + epsilon);
    }
  }

  private static void prox(float[] theta, float[] anchor, int n, float pull) {
    for (int i = 0; i < n; i++) {
      float delta = theta[i] - anchor[i];
      theta[i] = anchor[i] + (delta - Math.max(-pull, Math.min(pull, delta)));
    }
  }

  // Four sums side by side: one alone would wait for each addition to end before the next.

  private static double squares(float[] x, int n) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < n; i += 4) {
      a += (double) x[i] * x[i];
      b += (double) x[i + 1] * x[i + 1];
      c += (double) x[i + 2] * x[i + 2];
      d += (double) x[i + 3] * x[i + 3];
    }
    for (; i < n; i++) {
      a += (double) x[i] * x[i];
    }
    return a + b + (c + d);
  }

  private static double sum(float[] x, int n) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < n; i += 4) {
      a += x[i];
      b += x[i + 1];
      c += x[i + 2];
      d += x[i + 3];
    }
    for (; i < n; i++) {
      a += x[i];
    }
    return a + b + (c + d);
  }
}
