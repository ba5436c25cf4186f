package io.darex.prune.rescale;

import io.darex.prune.Scale;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;

/** The points one search has tried. What divides by the same q's is scored once. */
final class SearchedPoints {
  private final DoubleFunction<Candidate> candidates;
  private final ToDoubleFunction<Scale> score;
  private final Consumer<Point> progress;
  private final NavigableMap<Double, Double> scores = new TreeMap<>();
  private final Map<Scale, Point> points = new HashMap<>();
  private final List<Point> searched = new ArrayList<>();

  /**
   * What the searched number stands for.
   *
   * @param scale the q of every tensor
   * @param q as {@link Point#q}
   * @param eta as {@link Point#eta}
   */
  record Candidate(Scale scale, double q, Double eta) {}

  /**
   * @param candidates what a number stands for
   * @param score of a candidate; NaN if it has none
   * @param progress sees every point as soon as it has its score
   */
  SearchedPoints(
      DoubleFunction<Candidate> candidates,
      ToDoubleFunction<Scale> score,
      Consumer<Point> progress) {
    this.candidates = candidates;
    this.score = score;
    this.progress = progress;
  }

  /** The score of a number, which is tried if it has not been; NaN if it has none. */
  double score(double q) {
    Double known = scores.get(q);
    if (known != null) {
      return known;
    }
    Candidate candidate = candidates.apply(q);
    Point point = points.get(candidate.scale());
    if (point == null) {
      double value = score.applyAsDouble(candidate.scale());
      point = new Point(candidate.q(), candidate.eta(), value);
      points.put(candidate.scale(), point);
      searched.add(point);
      progress.accept(point);
    }
    scores.put(q, point.score());
    return point.score();
  }

  /** The tried number next below, or {@code q} itself if there is none. */
  double below(double q) {
    Double below = scores.lowerKey(q);
    return below == null ? q : below;
  }

  /** The tried number next above, or {@code q} itself if there is none. */
  double above(double q) {
    Double above = scores.higherKey(q);
    return above == null ? q : above;
  }

  /** Whether no two scores differ by more than {@code tolerance}; also where there is none. */
  boolean isFlat(double tolerance) {
    DoubleSummaryStatistics all =
        scores.values().stream()
            .filter(value -> !Double.isNaN(value))
            .mapToDouble(value -> value)
            .summaryStatistics();
    return all.getCount() == 0 || all.getMin() >= all.getMax() - tolerance;
  }

  /**
   * The smallest number whose score is within {@code tolerance} of the best.
   *
   * @throws IllegalStateException if no point has a score
   */
  double best(double tolerance) {
    double top =
        scores.values().stream()
            .filter(value -> !Double.isNaN(value))
            .mapToDouble(value -> value)
            .max()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "the objective is NaN at every point tried, q = "
                            + searched.stream().map(Point::q).toList()
                            + ": the tuned model itself may give NaN on these texts"));
    return scores.entrySet().stream()
        .filter(entry -> entry.getValue() >= top - tolerance)
        .mapToDouble(Map.Entry::getKey)
        .min()
        .orElseThrow();
  }

  /** The points in the order they were tried. */
  List<Point> searched() {
    return List.copyOf(searched);
  }
}
