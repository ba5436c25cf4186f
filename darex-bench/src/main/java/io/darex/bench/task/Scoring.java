package io.darex.bench.task;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * The metrics of a task, and the one number that models are compared by: the metric, or the mean of
 * the metrics where there are several, as on GLUE's leaderboard.
 *
 * @param metrics at least one
 */
public record Scoring(List<Metric> metrics) {
  /** The name of the mean of several metrics, as Hugging Face's {@code run_glue.py} has it. */
  public static final String COMBINED = "combined_score";

  /**
   * Copies the metrics.
   *
   * @throws IllegalArgumentException if there is none, or one twice
   */
  public Scoring {
    metrics = List.copyOf(metrics);
    if (metrics.isEmpty() || metrics.stream().distinct().count() < metrics.size()) {
      throw new IllegalArgumentException("need metrics, each once: " + metrics);
    }
  }

  /** Scoring by these metrics. */
  public static Scoring by(Metric... metrics) {
    return new Scoring(List.of(metrics));
  }

  /** The name of the number that models are compared by. */
  public String primary() {
    return metrics.size() == 1 ? metrics.get(0).glueName() : COMBINED;
  }

  /**
   * The number that models are compared by. Where it is undefined it is 0, no correlation: a
   * constant prediction has learned nothing.
   *
   * @throws IllegalArgumentException as {@link Metric#of}
   */
  public double score(double[] gold, double[] predicted) {
    return values(gold, predicted).get(primary()).orElse(0);
  }

  /**
   * Every metric by its name, and then the mean where there are several; empty where undefined.
   *
   * @throws IllegalArgumentException as {@link Metric#of}
   */
  public Map<String, OptionalDouble> values(double[] gold, double[] predicted) {
    Map<String, OptionalDouble> values = new LinkedHashMap<>();
    double sum = 0;
    for (Metric metric : metrics) {
      OptionalDouble value = metric.of(gold, predicted);
      values.put(metric.glueName(), value);
      sum += value.orElse(Double.NaN);
    }
    if (metrics.size() > 1) {
      double mean = sum / metrics.size();
      values.put(COMBINED, Double.isNaN(mean) ? OptionalDouble.empty() : OptionalDouble.of(mean));
    }
    return values;
  }

  /**
   * Refuses metrics that say nothing about so many labels, 0 for a regression.
   *
   * @throws IllegalArgumentException naming the metric
   */
  public void requireFits(int labels) {
    for (Metric metric : metrics) {
      if (!metric.fits(labels)) {
        throw new IllegalArgumentException(
            metric.glueName()
                + " does not measure "
                + (labels == 0 ? "a regression" : "a classification with " + labels + " labels"));
      }
    }
  }
}
