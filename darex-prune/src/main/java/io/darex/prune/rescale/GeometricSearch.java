package io.darex.prune.rescale;

/**
 * Goes up a geometric grid, then fits parabolas, then halves. A good q is a few times 1 − p
 * whatever p is, so an arithmetic grid would spend its points near 1.
 *
 * <p>The grid is gone through to its end, whatever the objective: where pruning has destroyed a
 * model, a metric is noise around nothing and the change of its outputs as large as it gets, until
 * q is large enough, and after what looks like a fall comes the peak. Each round then tries the
 * vertex of the parabola, in log q, through the best point and its neighbours; with a neighbour on
 * one side alone, or where one has no score, the middle between. Vertices creep where the objective
 * is a cliff on one side and flat on the other, as that of signs is. So at last the wider side of
 * the best point is halved until both neighbours are within a fifth of it. Where all points are
 * equally good there is nothing to refine.
 *
 * @param coarse points of the grid, both ends included, at least 3
 * @param rounds points at vertices
 * @param halvings the most points in middles; fewer where the neighbours are near before
 * @param tolerance what two scores may differ by and still count as equal
 */
record GeometricSearch(int coarse, int rounds, int halvings, double tolerance) {
  /** For a metric, which has steps and noise; equal are only scores that rounding tells apart. */
  static final GeometricSearch DEFAULT = new GeometricSearch(8, 2, 0, 1e-9);

  /** For a smooth objective, whose best q can be told from its neighbours. */
  static final GeometricSearch SMOOTH = new GeometricSearch(6, 2, 6, 1e-9);

  /** Of log q: what lies within a fifth is near enough. */
  private static final double NEAR = StrictMath.log(1.2);

  /** How near a tried point a vertex may lie, as a share of the way to the next one. */
  private static final double MARGIN = 1 / 8.0;

  /** Checks the numbers. */
  GeometricSearch {
    if (coarse < 3) {
      throw new IllegalArgumentException("coarse must be at least 3 points, got " + coarse);
    }
    if (rounds < 0 || halvings < 0) {
      throw new IllegalArgumentException(
          "rounds and halvings must not be negative, got " + rounds + " and " + halvings);
    }
    if (!(tolerance >= 0 && tolerance < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("tolerance must be at least 0, got " + tolerance);
    }
  }

  /** The most points it tries. */
  int most() {
    return coarse + rounds + halvings;
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
    for (int i = 0; i < rounds + halvings && !trials.isFlat(tolerance); i++) {
      double best = trials.best(tolerance);
      double below = trials.below(best);
      double above = trials.above(best);
      double left = StrictMath.log(best) - StrictMath.log(below);
      double right = StrictMath.log(above) - StrictMath.log(best);
      if (i >= rounds && Math.max(left, right) <= NEAR) {
        break;
      }
      double step = i < rounds ? towardsVertex(trials, best, left, right) : middle(left, right);
      double q = best * StrictMath.exp(step);
      trials.score(Math.max(below, Math.min(above, q)));
    }
  }

  private static double middle(double left, double right) {
    return right >= left ? right / 2 : -left / 2;
  }

  private static double towardsVertex(
      SearchedPoints trials, double best, double left, double right) {
    double low = trials.score(trials.below(best));
    double high = trials.score(trials.above(best));
    if (right == 0 || Double.isNaN(low)) {
      return -left / 2;
    }
    if (left == 0 || Double.isNaN(high)) {
      return right / 2;
    }
    double top = trials.score(best);
    return vertex(left, top - low, right, top - high);
  }

  /**
   * Where, from 0, the parabola through (−left, −fallLeft), (0, 0) and (right, −fallRight) has its
   * top, but neither too near 0 nor too near the ends.
   */
  private static double vertex(double left, double fallLeft, double right, double fallRight) {
    double curvature = fallLeft * right + fallRight * left;
    double top = (fallLeft * right * right - fallRight * left * left) / (2 * curvature);
    if (!(curvature > 0) || top == 0) {
      return middle(left, right);
    }
    return top > 0
        ? Math.max(MARGIN * right, Math.min((1 - MARGIN) * right, top))
        : -Math.max(MARGIN * left, Math.min((1 - MARGIN) * left, -top));
  }
}
