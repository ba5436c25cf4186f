package io.darex.bench.select;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;

/**
 * Finds a good q near one that is good at another size, by an objective that is smooth in log q: up
 * the hill in steps, then to the top of the parabola through the best three.
 */
final class NearQ {
  private static final double FACTOR = 1.5;
  private static final int MOST = 6;
  private static final MathContext DIGITS = new MathContext(4);

  private NearQ() {}

  /** Four digits. */
  static double rounded(double q) {
    return new BigDecimal(Math.min(1, q)).round(DIGITS).doubleValue();
  }

  /**
   * The q.
   *
   * @param start in (0, 1]
   * @param score larger is better; NaN where there is none
   */
  static double of(double start, DoubleUnaryOperator score) {
    NavigableMap<Double, Double> known = new TreeMap<>();
    double best = Math.log(start);
    double step = Math.log(FACTOR);
    for (double x : new double[] {best, best - step, Math.min(0, best + step)}) {
      known.computeIfAbsent(x, log -> finite(score.applyAsDouble(Math.exp(log))));
    }
    best = best(known);
    while (known.size() < MOST && isEnd(known, best, step)) {
      double next = best == known.firstKey() ? best - step : Math.min(0, best + step);
      known.put(next, finite(score.applyAsDouble(Math.exp(next))));
      best = best(known);
    }
    return rounded(Math.exp(best + top(known, best)));
  }

  private static boolean isEnd(NavigableMap<Double, Double> known, double best, double step) {
    return best == known.firstKey() || (best == known.lastKey() && best + step / 2 < 0);
  }

  private static double finite(double score) {
    return Double.isNaN(score) ? Double.NEGATIVE_INFINITY : score;
  }

  private static double best(NavigableMap<Double, Double> known) {
    double best = known.firstKey();
    for (double x : known.keySet()) {
      best = known.get(x) > known.get(best) ? x : best;
    }
    return best;
  }

  /** How far from the best the parabola through it and its neighbours has its top. */
  private static double top(NavigableMap<Double, Double> known, double best) {
    Double below = known.lowerKey(best);
    Double above = known.higherKey(best);
    if (below == null || above == null) {
      return 0;
    }
    double left = best - below;
    double right = above - best;
    double fallLeft = known.get(best) - known.get(below);
    double fallRight = known.get(best) - known.get(above);
    double curvature = fallLeft * right + fallRight * left;
    double top = (fallLeft * right * right - fallRight * left * left) / (2 * curvature);
    return curvature > 0 && Double.isFinite(top)
        ? Math.max(-left / 2, Math.min(right / 2, top))
        : 0;
  }
}
