package io.darex.prune.rescale;

/**
 * The minimum of ½·xᵀHx − bᵀx in a box, H positive semidefinite, by coordinate descent: a hundred
 * unknowns at most and a solution at bounds make it as quick as anything, and it is exact to
 * rounding and needs no factorisation.
 */
final class BoxQuadratic {
  private static final int SWEEPS = 100_000;
  private static final double TOLERANCE = 1e-13;

  private BoxQuadratic() {}

  /** Starts at {@code most}, where an unknown that does not matter stays. */
  static double[] minimise(double[][] h, double[] b, double[] least, double[] most) {
    double[] x = most.clone();
    double moved = 1;
    for (int sweep = 0; sweep < SWEEPS && moved > TOLERANCE; sweep++) {
      moved = 0;
      for (int i = 0; i < x.length; i++) {
        if (h[i][i] > 0) {
          double gradient = -b[i];
          for (int j = 0; j < x.length; j++) {
            gradient += h[i][j] * x[j];
          }
          double to = Math.max(least[i], Math.min(most[i], x[i] - gradient / h[i][i]));
          moved = Math.max(moved, Math.abs(to - x[i]));
          x[i] = to;
        }
      }
    }
    return x;
  }
}
