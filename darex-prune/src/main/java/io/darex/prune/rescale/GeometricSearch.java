package io.darex.prune.rescale;

import java.util.Map;

/**
 * Goes up a geometric grid, then fits parabolas. A good q is a few times 1 − p whatever p is, so an
 * arithmetic grid would spend its points near 1. At most {@code coarse + rounds} points.
 *
 * <p>The way up may end where scores have fallen for long enough, for a smooth objective rises no
 * more beyond its peak. A metric does: where pruning has destroyed a model it is noise around
 * nothing until q is large enough, and after what looks like a fall comes the peak. Each round then
 * tries the vertex of the parabola, in log q, through the best point and its neighbours; with a
 * neighbour on one side alone, or where one has no score, the middle between. Where all points are
 * equally good there is nothing to refine.
 *
 * @param coarse points of the grid, both ends included, at least 3
 * @param rounds points of the refinement
 * @param falls how many points in a row, worse than the best and no better than the one before, end
 *     the way up; 0 goes to the end
 * @param tolerance what two scores may differ by and still count as equal
 */
public record GeometricSearch(int coarse, int rounds, int falls, double tolerance)
    implements QSearch {
  static final String NAME = "geometric";

  /** For a metric, which has steps and noise; equal are only scores that rounding tells apart. */
  public static final GeometricSearch DEFAULT = new GeometricSearch(8, 2, 0, 1e-9);

  /** For a smooth objective: parabolas need fewer points than a grid. */
  public static final GeometricSearch SMOOTH = new GeometricSearch(6, 2, 2, 1e-9);

  /** How near a tried point a vertex may lie, as a share of the way to the next one. */
  private static final double MARGIN = 1 / 8.0;

  /** Checks the numbers. */
  public GeometricSearch {
    if (coarse < 3) {
      throw new IllegalArgumentException("coarse must be at least 3 points, got " + coarse);
    }
    if (rounds < 0) {
      throw new IllegalArgumentException("rounds must not be negative, got " + rounds);
    }
    if (falls < 0) {
      throw new IllegalArgumentException("falls must not be negative, got " + falls);
    }
    if (!(tolerance >= 0 && tolerance < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("tolerance must be at least 0, got " + tolerance);
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Map<String, Object> parameters() {
    return Map.of("coarse", coarse, "rounds", rounds, "falls", falls, "tolerance", tolerance);
  }

  @Override
  public void run(double from, double to, Trials trials) {
    climb(from, to, trials);
    for (int round = 0; round < rounds && !trials.isFlat(tolerance); round++) {
      refine(trials);
    }
  }

  private void climb(double from, double to, Trials trials) {
    double top = Double.NEGATIVE_INFINITY;
    double last = Double.NEGATIVE_INFINITY;
    int falling = 0;
    for (int i = 0; i < coarse; i++) {
      double q = i == coarse - 1 ? to : from * StrictMath.pow(to / from, i / (coarse - 1.0));
      double score = trials.score(Math.min(q, to));
      if (!Double.isNaN(score)) {
        if (score >= top - tolerance) {
          falling = 0;
        } else if (falling == 0 || score <= last) {
          falling++;
        } else {
          falling = 1;
        }
        if (falls > 0 && falling == falls) {
          return;
        }
        top = Math.max(top, score);
        last = score;
      }
    }
  }

  private void refine(Trials trials) {
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
