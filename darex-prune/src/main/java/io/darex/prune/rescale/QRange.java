package io.darex.prune.rescale;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where a search may look besides at 1 − p.
 *
 * @param from the smallest q; 1 − p if there is none
 * @param to the largest q; 1 if there is none
 */
public record QRange(Optional<Double> from, Optional<Double> to) {
  /** From 1 − p to 1. */
  public static final QRange ALL = new QRange(Optional.empty(), Optional.empty());

  /** As decimals are written, 0.01 is 1 − 0.99, which in binary it is not. */
  private static final double ROUNDING = 1e-9;

  /** Checks what can be checked without 1 − p. */
  public QRange {
    double least = from.orElse(Double.MIN_VALUE);
    double most = to.orElse(1.0);
    if (!(least > 0 && least <= most && most <= 1)) {
      throw new IllegalArgumentException(
          "expected a range of q with 0 < from <= to <= 1, got " + text(from, to));
    }
  }

  Map<String, Object> parameters() {
    Map<String, Object> parameters = new TreeMap<>();
    from.ifPresent(q -> parameters.put("from", q));
    to.ifPresent(q -> parameters.put("to", q));
    return parameters;
  }

  /**
   * This range with both ends.
   *
   * @param keepRate 1 − p
   * @throws IllegalArgumentException if it is not within [1 − p, 1]
   */
  QRange within(double keepRate) {
    double least = from.orElse(keepRate);
    double most = to.orElse(1.0);
    double floor = keepRate * (1 - ROUNDING);
    if (!(least >= floor && most >= floor)) {
      throw new IllegalArgumentException(
          "expected a range of q within [1 - p, 1] = ["
              + (float) keepRate
              + ", 1], got "
              + text(from, to));
    }
    return new QRange(Optional.of(snap(least, keepRate)), Optional.of(snap(most, keepRate)));
  }

  private static double snap(double q, double keepRate) {
    return q <= keepRate * (1 + ROUNDING) ? keepRate : q;
  }

  private static String text(Optional<Double> from, Optional<Double> to) {
    return (from.map(q -> "from " + q).orElse("") + to.map(q -> " to " + q).orElse("")).strip();
  }
}
