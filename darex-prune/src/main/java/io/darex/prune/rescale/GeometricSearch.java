package io.darex.prune.rescale;

/**
 * Goes up a geometric grid, then fits parabolas. A good q is a few times 1 − p whatever p is, so an
 * arithmetic grid would spend its points near 1. At most {@code coarse + rounds} points.
 *
 * <p>The grid is gone through to its end, whatever the objective: where pruning has destroyed a
 * model, a metric is noise around nothing and the change of its outputs as large as it gets, until
 * q is large enough, and after what looks like a fall comes the peak. Each round then tries the
 * vertex of the parabola, in log q, through the best point and its neighbours; with a neighbour on
 * one side alone, or where one has no score, the middle between. Where all points are equally good
 * there is nothing to refine.
 *
 * @param coarse points of the grid, both ends included, at least 3
 * @param rounds points of the refinement
 * @param tolerance what two scores may differ by and still count as equal
 */
record GeometricSearch(int coarse, int rounds, double tolerance) {
  /** For a metric, which has steps and noise; equal are only scores that rounding tells apart. */
  static final GeometricSearch DEFAULT = new GeometricSearch(8, 2, 1e-9);

  /** For a smooth objective: parabolas need fewer points than a grid. */
  static final GeometricSearch SMOOTH = new GeometricSearch(6, 3, 1e-9);

  /** How near a tried point a vertex may lie, as a share of the way to the next one. */
  private static final double MARGIN = 1 / 8.0;

  /** Checks the numbers. */
  GeometricSearch {
    if (coarse < 3) {
      throw new IllegalArgumentException("coarse must be at least 3 points, got " + coarse);
    }
    if (rounds < 0) {
      throw new IllegalArgumentException("rounds must not be negative, got " + rounds);
    }
    if (!(tolerance >= 0 && tolerance < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("tolerance must be at least 0, got " + tolerance);
    }
  }

  /** The most points it tries. */
  int most() {
    return coarse + rounds;
  }

  /**
   * Tries points. The choice is deterministic and depends on scores alone; a point whose score is
   * NaN is passed over.
   *
   * @param from the smallest, above 0
   * @param to the largest, at most 1
   */
  void run(double from, double to, SearchedPoints trials) {
    for (int i = 0; i < coarse; i++) {
      double q = i == coarse - 1 ? to : from * StrictMath.pow(to / from, i / (coarse - 1.0));
      trials.score(Math.min(q, to));
    }
    for (int round = 0; round < rounds && !trials.isFlat(tolerance); round++) {
      refine(trials);
    }
  }

  private void refine(SearchedPoints trials) {
    double best = trials.best(tolerance);
    double below = trials.below(best);
    double above = trials.above(best);
    double low = trials.score(below);
    double high = trials.score(above);
    double x = StrictMath.log(best);
    double left = x - StrictMath.log(below);
    double right = StrictMath.log(above) - x;
    double step;
    if (above == best || Double.isNaN(low)) {
      step = -left / 2;
    } else if (below == best || Double.isNaN(high)) {
      step = right / 2;
    } else {
      double top = trials.score(best);
      step = vertex(left, top - low, right, top - high);
    }
    double q = best * StrictMath.exp(step);
    trials.score(Math.max(below, Math.min(above, q)));
  }

  /**
   * Where, from 0, the parabola through (−left, −fallLeft), (0, 0) and (right, −fallRight) has its
   * top, but neither too near 0 nor too near the ends.
   */
  private static double vertex(double left, double fallLeft, double right, double fallRight) {
    double curvature = fallLeft * right + fallRight * left;
    double top = (fallLeft * right * right - fallRight * left * left) / (2 * curvature);
    if (!(curvature > 0) || top == 0) {
      return right >= left ? right / 2 : -left / 2;
    }
    return top > 0
        ? Math.max(MARGIN * right, Math.min((1 - MARGIN) * right, top))
        : -Math.max(MARGIN * left, Math.min((1 - MARGIN) * left, -top));
  }
}
