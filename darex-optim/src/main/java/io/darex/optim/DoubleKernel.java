package io.darex.optim;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link Kernel} in double, as gradient checks and references need it; laid out as {@link
 * FloatKernel}, which says why.
 */
final class DoubleKernel implements Kernel {
  private static final int CHUNK = 1024;

  /** One thread's chunks. */
  private static final class Scratch {
    final double[] g = new double[CHUNK];
    final double[] m = new double[CHUNK];
    final double[] v = new double[CHUNK];
    final double[] theta = new double[CHUNK];
    final double[] anchor = new double[CHUNK];
  }

  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private final DoubleMemory theta;
  private final DoubleMemory m;
  private final DoubleMemory v;
  private final DoubleMemory anchor;
  private DoubleMemory gradient;

  DoubleKernel(INDArray parameter, INDArray m, INDArray v, INDArray anchor) {
    this.theta = new DoubleMemory(parameter);
    this.m = new DoubleMemory(m);
    this.v = new DoubleMemory(v);
    this.anchor = anchor == null ? null : new DoubleMemory(anchor);
  }

  @Override
  public void gradient(INDArray array) {
    if (gradient == null || !gradient.isOf(array)) {
      gradient = new DoubleMemory(array);
    }
  }

  @Override
  public double gradientSquares(long from, long to) {
    double[] g = SCRATCH.get().g;
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
    double[] x = SCRATCH.get().v;
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
    double pull = by.pull();
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

  private static void moments(double[] g, double[] m, double[] v, int n, Coefficients by) {
    double scale = by.gradientScale();
    double beta1 = by.beta1();
    double beta2 = by.beta2();
    double new1 = (1 - by.beta1());
    double new2 = (1 - by.beta2());
    for (int i = 0; i < n; i++) {
      double x = g[i] * scale;
      m[i] = beta1 * m[i] + new1 * x;
      v[i] = beta2 * v[i] + new2 * (x * x);
    }
  }

  private static void shrink(double[] theta, double[] anchor, int n, double pull) {
    for (int i = 0; i < n; i++) {
      theta[i] -= pull * (theta[i] - anchor[i]);
    }
  }

  private static void shift(double[] theta, double[] anchor, int n, double pull) {
    for (int i = 0; i < n; i++) {
      double steep = (theta[i] - anchor[i]) * Double.MAX_VALUE;
      theta[i] -= Math.max(-pull, Math.min(pull, steep));
    }
  }

  private static void adam(double[] theta, double[] m, double[] v, int n, Coefficients by) {
    double rate = by.rate();
    double unbias = by.unbias();
    double epsilon = by.epsilon();
    for (int i = 0; i < n; i++) {
      theta[i] -= rate * m[i] / (Math.sqrt(v[i] * unbias) + epsilon);
    }
  }

  private static void prox(double[] theta, double[] anchor, int n, double pull) {
    for (int i = 0; i < n; i++) {
      double delta = theta[i] - anchor[i];
      double shift = Math.max(-pull, Math.min(pull, delta));
      theta[i] = shift == delta ? anchor[i] : theta[i] - shift;
    }
  }

  // Four sums side by side: one alone would wait for each addition to end before the next.

  private static double squares(double[] x, int n) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < n; i += 4) {
      a += x[i] * x[i];
      b += x[i + 1] * x[i + 1];
      c += x[i + 2] * x[i + 2];
      d += x[i + 3] * x[i + 3];
    }
    for (; i < n; i++) {
      a += x[i] * x[i];
    }
    return a + b + (c + d);
  }

  private static double sum(double[] x, int n) {
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
