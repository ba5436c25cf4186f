package io.darex.bench.encoder;

/**
 * Elementary functions of whole arrays, as branch-free loops of sums, products, quotients, minima
 * and maxima: the operations that the JIT compiler turns into vector instructions.
 */
final class VectorLoops {
  private static final float SMALLEST_EXPONENT = -24;

  private VectorLoops() {}

  /**
   * {@code x[i] = exp(x[i])} for x ≤ 0, with an absolute error below 3e-7.
   *
   * <p>expm1(x/32) by its Taylor polynomial of degree 5, then five times {@code expm1(2y) = u(u +
   * 2)} where {@code u = expm1(y)}: squaring exp itself would double its relative error each time.
   * Below −24, where exp is below 4e-11, the value at −24 is given.
   */
  static void exp(float[] x, int count) {
    for (int i = 0; i < count; i++) {
      float y = Math.max(x[i], SMALLEST_EXPONENT) * (1f / 32);
      float u = y * (1 + y * (1 / 2f + y * (1 / 6f + y * (1 / 24f + y * (1 / 120f)))));
      u = u * (u + 2);
      u = u * (u + 2);
      u = u * (u + 2);
      u = u * (u + 2);
      x[i] = u * (u + 2) + 1;
    }
  }

  /**
   * {@code y[i] = Φ(x[i]) = (1 + erf(x[i]/√2))/2}, with an absolute error below 3e-7.
   *
   * <p>erf is the odd rational function of degrees 13 and 8 that Eigen uses for fp32 (Eigen {@code
   * unsupported/SpecialFunctions}, {@code generic_fast_erf_float}; the same as in XLA), for
   * arguments in [−4, 4], outside which erf is ±1 in fp32.
   */
  static void normalDistribution(float[] x, float[] y, int count) {
    for (int i = 0; i < count; i++) {
      float z = Math.min(4f, Math.max(-4f, x[i] * 7.0710677e-1f));
      float s = z * z;
      float p = -2.7261424e-10f;
      p = p * s + 2.7706815e-8f;
      p = p * s - 2.101024e-6f;
      p = p * s - 5.6925062e-5f;
      p = p * s - 7.3499064e-4f;
      p = p * s - 2.9546e-3f;
      p = p * s - 1.6096033e-2f;
      float q = -1.45660715e-5f;
      q = q * s - 2.1337405e-4f;
      q = q * s - 1.682827e-3f;
      q = q * s - 7.3733293e-3f;
      q = q * s - 1.4264739e-2f;
      y[i] = 0.5f + 0.5f * (z * p / q);
    }
  }

  /** {@code y[i] = factor · x[i]}. */
  static void scale(float[] x, int at, int count, float factor) {
    for (int i = at; i < at + count; i++) {
      x[i] *= factor;
    }
  }

  /** {@code x[i] += y[i]}. */
  static void add(float[] x, float[] y, int count) {
    for (int i = 0; i < count; i++) {
      x[i] += y[i];
    }
  }

  /** Σ x, in double and in an order of its own. */
  static double sum(float[] x, int at, int count) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int end = at + count;
    int i = at;
    for (; i + 4 <= end; i += 4) {
      a += x[i];
      b += x[i + 1];
      c += x[i + 2];
      d += x[i + 3];
    }
    for (; i < end; i++) {
      a += x[i];
    }
    return a + b + (c + d);
  }

  /** Σ x·y, in double and in an order of its own. */
  static double dot(float[] x, float[] y, int at, int count) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int end = at + count;
    int i = at;
    for (; i + 4 <= end; i += 4) {
      a += (double) x[i] * y[i];
      b += (double) x[i + 1] * y[i + 1];
      c += (double) x[i + 2] * y[i + 2];
      d += (double) x[i + 3] * y[i + 3];
    }
    for (; i < end; i++) {
      a += (double) x[i] * y[i];
    }
    return a + b + (c + d);
  }

  /** The largest of x. */
  static float max(float[] x, int at, int count) {
    float largest = x[at];
    for (int i = at + 1; i < at + count; i++) {
      largest = x[i] > largest ? x[i] : largest;
    }
    return largest;
  }
}
