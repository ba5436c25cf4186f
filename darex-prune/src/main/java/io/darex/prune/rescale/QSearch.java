package io.darex.prune.rescale;

import io.darex.prune.Checkpoint;
import io.darex.prune.Objective;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;

/**
 * The search for one global q in [1 − p, 1], by whatever objective. First a geometric grid from 1 −
 * p to 1, for good q's are few times 1 − p whatever p is and an arithmetic grid would spend its
 * points near 1; then, each round, the geometric means of the best q and its neighbours. It is
 * deterministic, always tries 1 − p, and tries at most {@code coarse + 2·rounds} points.
 *
 * <p>Among scores within {@code tolerance} of the best the smallest q wins: where q does not matter
 * the answer is DARE's 1 − p.
 *
 * @param coarse points of the grid, both ends included, at least 8
 * @param rounds rounds of refinement
 * @param tolerance what two scores may differ by and still count as equal
 */
public record QSearch(int coarse, int rounds, double tolerance) {
  /** At most twelve points, and ties only up to the rounding of a mean. */
  public static final QSearch DEFAULT = new QSearch(8, 2, 1e-9);

  /** Checks the numbers. */
  public QSearch {
    if (coarse < 8) {
      throw new IllegalArgumentException("coarse must be at least 8 points, got " + coarse);
    }
    if (rounds < 0) {
      throw new IllegalArgumentException("rounds must not be negative, got " + rounds);
    }
    if (!(tolerance >= 0 && tolerance < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("tolerance must be at least 0, got " + tolerance);
    }
  }

  /** What makes this search of {@code q-labelled} again. */
  Map<String, Object> parameters() {
    return Map.of("coarse", coarse, "rounds", rounds, "tolerance", tolerance);
  }

  /**
   * The best q of several prunings of one delta. A point costs as many evaluations of the objective
   * as there are prunings.
   *
   * @param pruned what a q's score is averaged over; all of one keep rate
   * @param progress sees every point as soon as it has its score
   * @throws IllegalArgumentException if there is none, or their keep rates differ
   * @throws IllegalStateException if no point has a score
   */
  public Found best(
      List<SparseDelta> pruned, Checkpoint base, Objective objective, Consumer<Point> progress) {
    double[] rates =
        pruned.stream().mapToDouble(delta -> delta.mask().keepRate()).distinct().toArray();
    if (rates.length != 1) {
      throw new IllegalArgumentException(
          "a search needs masks of one keep rate, got " + Arrays.toString(rates));
    }
    return best(rates[0], q -> mean(pruned, base, objective, q), progress);
  }

  /**
   * The q in [keepRate, 1] with the largest score.
   *
   * @param keepRate 1 − p
   * @param score the score of a q; NaN if it has none, which is reported and passed over
   * @throws IllegalStateException if no point has a score
   */
  public Found best(double keepRate, DoubleUnaryOperator score, Consumer<Point> progress) {
    Map<Double, Point> tried = new LinkedHashMap<>();
    Consumer<Double> attempt =
        q ->
            tried.computeIfAbsent(
                q,
                key -> {
                  Point point = new Point(key, score.applyAsDouble(key));
                  progress.accept(point);
                  return point;
                });
    grid(keepRate).forEach(attempt);
    for (int round = 0; round < rounds; round++) {
      double best = best(tried);
      NavigableSet<Double> known = new TreeSet<>(tried.keySet());
      Double below = known.lower(best);
      Double above = known.higher(best);
      if (below != null) {
        attempt.accept(between(below, best));
      }
      if (above != null) {
        attempt.accept(between(best, above));
      }
    }
    return new Found(Scale.of(best(tried)), new ArrayList<>(tried.values()));
  }

  private NavigableSet<Double> grid(double least) {
    NavigableSet<Double> grid = new TreeSet<>();
    for (int i = 1; i < coarse - 1; i++) {
      grid.add(clip(StrictMath.pow(least, 1 - i / (coarse - 1.0)), least, 1));
    }
    // The ends exactly: 1 − p is DARE, bit for bit.
    grid.add(least);
    grid.add(1.0);
    return grid;
  }

  private double best(Map<Double, Point> tried) {
    double top =
        tried.values().stream()
            .mapToDouble(Point::score)
            .filter(score -> !Double.isNaN(score))
            .max()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "the objective is NaN at every q tried: " + tried.keySet()));
    return tried.values().stream()
        .filter(point -> point.score() >= top - tolerance)
        .mapToDouble(Point::q)
        .min()
        .orElseThrow();
  }

  private static double mean(
      List<SparseDelta> pruned, Checkpoint base, Objective objective, double q) {
    double sum = 0;
    for (SparseDelta delta : pruned) {
      sum += objective.score(delta.withScale(Scale.of(q)).applyTo(base));
    }
    return sum / pruned.size();
  }

  private static double between(double low, double high) {
    return clip(Math.sqrt(low) * Math.sqrt(high), low, high);
  }

  private static double clip(double value, double low, double high) {
    return Math.max(low, Math.min(high, value));
  }
}
