package io.darex.bench.task;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * A measure of agreement between right and predicted answers, in double; larger is better. Names
 * and values are those of Hugging Face's {@code glue} metric, which computes them with scikit-learn
 * and SciPy.
 */
public enum Metric {
  /**
   * Matthews correlation in Gorodkin's form for any number of labels (Computational Biology and
   * Chemistry 28, 2004), which for two is the usual (tp·tn − fp·fn) / √…; 0 where only one label
   * was given or predicted.
   */
  MATTHEWS("matthews_correlation") {
    @Override
    double score(double[] gold, double[] predicted) {
      int labels = 1 + (int) Math.max(largest(gold), largest(predicted));
      long[] given = new long[labels];
      long[] guessed = new long[labels];
      for (int i = 0; i < gold.length; i++) {
        given[(int) gold[i]]++;
        guessed[(int) predicted[i]]++;
      }
      // Whole numbers up to the division: a denominator of 0 is met exactly.
      long total = gold.length;
      long covariance = matches(gold, predicted) * total;
      long givenVariance = total * total;
      long guessedVariance = total * total;
      for (int label = 0; label < labels; label++) {
        covariance -= given[label] * guessed[label];
        givenVariance -= given[label] * given[label];
        guessedVariance -= guessed[label] * guessed[label];
      }
      return givenVariance == 0 || guessedVariance == 0
          ? 0
          : covariance / Math.sqrt((double) givenVariance * (double) guessedVariance);
    }
  },

  /** The share of predictions that are right. */
  ACCURACY("accuracy") {
    @Override
    double score(double[] gold, double[] predicted) {
      return (double) matches(gold, predicted) / gold.length;
    }
  },

  /**
   * F1 of label 1 of two: 2·tp / (2·tp + fp + fn); 0 where label 1 was neither given nor predicted.
   */
  F1("f1") {
    @Override
    boolean fits(int labels) {
      return labels == 2;
    }

    @Override
    double score(double[] gold, double[] predicted) {
      long both = 0;
      long either = 0;
      for (int i = 0; i < gold.length; i++) {
        both += gold[i] == 1 && predicted[i] == 1 ? 1 : 0;
        either += (gold[i] == 1 ? 1 : 0) + (predicted[i] == 1 ? 1 : 0);
      }
      return either == 0 ? 0 : 2.0 * both / either;
    }
  },

  /** Pearson's r; undefined where all answers, given or predicted, are the same. */
  PEARSON("pearson") {
    @Override
    boolean fits(int labels) {
      return labels == 0;
    }

    @Override
    double score(double[] gold, double[] predicted) {
      return pearson(gold, predicted);
    }
  },

  /** Spearman's ρ: Pearson's r of the ranks, equal values sharing their mean rank. */
  SPEARMAN("spearmanr") {
    @Override
    boolean fits(int labels) {
      return labels == 0;
    }

    @Override
    double score(double[] gold, double[] predicted) {
      return pearson(ranks(gold), ranks(predicted));
    }
  };

  private final String glueName;

  Metric(String glueName) {
    this.glueName = glueName;
  }

  /** The names of all metrics. */
  public static List<String> names() {
    return Arrays.stream(values()).map(Metric::glueName).toList();
  }

  /**
   * The metric of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Metric named(String glueName) {
    return Arrays.stream(values())
        .filter(metric -> metric.glueName.equals(glueName))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no metric " + glueName + " among " + names()));
  }

  /** Its name in GLUE, as results and reports write it. */
  public String glueName() {
    return glueName;
  }

  /**
   * Scores predictions by the answers that are right.
   *
   * @param gold label indices from 0, or scores, at least one
   * @param predicted as many of the same kind
   * @return empty where the metric is undefined, which SciPy calls NaN: a correlation with
   *     something constant, or with a prediction that is no finite number
   * @throws IllegalArgumentException if there are none, or not as many of both
   */
  public OptionalDouble of(double[] gold, double[] predicted) {
    if (gold.length == 0 || gold.length != predicted.length) {
      throw new IllegalArgumentException(
          "expected as many predictions as labels and at least one, got "
              + predicted.length
              + " for "
              + gold.length);
    }
    double score = score(gold, predicted);
    return Double.isNaN(score) ? OptionalDouble.empty() : OptionalDouble.of(score);
  }

  /** Whether it measures a task with so many labels, 0 for a regression. */
  boolean fits(int labels) {
    return labels > 0;
  }

  /** The score, NaN where it is undefined. */
  abstract double score(double[] gold, double[] predicted);

  private static double largest(double[] values) {
    return Arrays.stream(values).max().orElseThrow();
  }

  private static long matches(double[] gold, double[] predicted) {
    return IntStream.range(0, gold.length).filter(i -> gold[i] == predicted[i]).count();
  }

  private static double pearson(double[] x, double[] y) {
    double[] u = direction(x);
    double[] v = direction(y);
    double product = 0;
    for (int i = 0; i < u.length; i++) {
      product += u[i] * v[i];
    }
    // Rounding can lead beyond the ends; NaN stays NaN.
    return Math.max(-1, Math.min(1, product));
  }

  /** The deviations from the mean, at length 1; NaN where there are none. */
  private static double[] direction(double[] values) {
    // Asked of the values and not of their deviations, which rounding may keep from 0.
    boolean constant = Arrays.stream(values).allMatch(value -> value == values[0]);
    double mean = Arrays.stream(values).average().orElseThrow();
    double[] deviations = Arrays.stream(values).map(value -> value - mean).toArray();
    double largest = Arrays.stream(deviations).map(Math::abs).max().orElseThrow();
    // Scaled first: squares of tiny deviations would vanish.
    double squares = Arrays.stream(deviations).map(d -> (d / largest) * (d / largest)).sum();
    double length = constant ? Double.NaN : largest * Math.sqrt(squares);
    return Arrays.stream(deviations).map(d -> d / length).toArray();
  }

  private static double[] ranks(double[] values) {
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] ranks = new double[values.length];
    for (int start = 0; start < order.length; ) {
      int end = start + 1;
      while (end < order.length && values[order[end]] == values[order[start]]) {
        end++;
      }
      for (int i = start; i < end; i++) {
        // Ranks start+1 … end; NaN has none, and makes all of them undefined.
        ranks[order[i]] = Double.isFinite(values[order[i]]) ? (start + 1 + end) / 2.0 : Double.NaN;
      }
      start = end;
    }
    return ranks;
  }
}
