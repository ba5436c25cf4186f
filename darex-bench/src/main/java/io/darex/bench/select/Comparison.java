package io.darex.bench.select;

import io.darex.bench.task.Loss;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The scores of several samples and how sure they are. Two things are random: the texts, of which a
 * bootstrap draws others, the same for all samples, so that differences are paired; and the mask,
 * whose variance is pooled over all samples that have several seeds, few as these are.
 */
final class Comparison {
  private static final int DRAWS = 400;

  private final List<Sample> samples;
  private final double[] means;
  private final double[][] drawn;
  private final double maskVariance;

  /**
   * @param samples of the same texts, all with a score
   */
  Comparison(List<Sample> samples, Measure measure) {
    this.samples = samples;
    means = new double[samples.size()];
    double squares = 0;
    int freedom = 0;
    for (int i = 0; i < means.length; i++) {
      double[] scores = samples.get(i).bySeed().stream().mapToDouble(measure::score).toArray();
      means[i] = mean(scores);
      if (samples.get(i).drawn()) {
        squares += squares(scores);
        freedom += scores.length - 1;
      }
    }
    maskVariance = freedom == 0 ? 0 : squares / freedom;
    drawn = new double[means.length][DRAWS];
    SplittableRandom random = new SplittableRandom(0);
    for (int draw = 0; draw < DRAWS; draw++) {
      int[] places = Loss.places(random, measure.size());
      for (int i = 0; i < means.length; i++) {
        drawn[i][draw] =
            mean(
                samples.get(i).bySeed().stream()
                    .mapToDouble(numbers -> measure.score(numbers, places))
                    .toArray());
      }
    }
  }

  /** What was compared. */
  List<Sample> samples() {
    return samples;
  }

  /** The mean score over seeds. */
  double mean(int sample) {
    return means[sample];
  }

  /** The standard deviation of a score from mask to mask, pooled; 0 where only one was drawn. */
  double maskDeviation() {
    return Math.sqrt(maskVariance);
  }

  /** The standard error of a mean score. */
  double error(int sample) {
    return Math.sqrt(squares(drawn[sample]) / (DRAWS - 1) + ofMasks(sample));
  }

  /** The standard error of the difference of two mean scores. */
  double error(int one, int other) {
    double[] differences = new double[DRAWS];
    for (int draw = 0; draw < DRAWS; draw++) {
      differences[draw] = drawn[one][draw] - drawn[other][draw];
    }
    return Math.sqrt(squares(differences) / (DRAWS - 1) + ofMasks(one) + ofMasks(other));
  }

  /** The sample with the largest mean score. */
  int best() {
    return IntStream.range(0, means.length)
        .reduce((a, b) -> means[b] > means[a] ? b : a)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "no candidate has a score: the tuned model itself may give NaN"));
  }

  private double ofMasks(int sample) {
    return samples.get(sample).drawn() ? maskVariance / samples.get(sample).bySeed().size() : 0;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  /** The sum of squared deviations from the mean. */
  private static double squares(double[] values) {
    double mean = mean(values);
    return Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum();
  }
}
