package io.darex.bench.task;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * How much of a metric a pruned model loses against the tuned one on the same texts, and how sure
 * that is: a bootstrap draws other texts, the same for both models.
 *
 * @param mean on all texts
 * @param draws on the texts of each draw
 */
@SuppressWarnings("ArrayRecordComponent") // equality is never asked for
public record Loss(double mean, double[] draws) {
  /** Half of a 95 % interval, in standard deviations of a normal distribution. */
  public static final double WIDTH = 1.96;

  private static final int DRAWS = 1000;

  /** A score, larger being better, of the texts at some places, which may repeat. */
  @FunctionalInterface
  public interface Scores {
    /** NaN where a number is. */
    double score(double[] numbers, int[] places);
  }

  /** As many places as there are texts, each drawn among all. */
  public static int[] places(SplittableRandom random, int size) {
    // Only nextLong draws the same in every version of Java.
    return IntStream.range(0, size)
        .map(i -> (int) Math.multiplyHigh(random.nextLong() >>> 1, (long) size << 1))
        .toArray();
  }

  /**
   * Measures.
   *
   * @param tuned the numbers of the tuned model, one for each text
   * @param pruned the numbers of the pruned one
   */
  public static Loss of(Scores scores, double[] tuned, double[] pruned) {
    double[] draws = new double[DRAWS];
    SplittableRandom random = new SplittableRandom(0);
    for (int draw = 0; draw < DRAWS; draw++) {
      int[] places = places(random, tuned.length);
      draws[draw] = scores.score(tuned, places) - scores.score(pruned, places);
    }
    int[] all = IntStream.range(0, tuned.length).toArray();
    return new Loss(scores.score(tuned, all) - scores.score(pruned, all), draws);
  }

  /** The mean of several losses on the same texts. */
  public static Loss mean(List<Loss> losses) {
    double[] draws = new double[DRAWS];
    for (int draw = 0; draw < DRAWS; draw++) {
      for (Loss loss : losses) {
        draws[draw] += loss.draws[draw] / losses.size();
      }
    }
    return new Loss(losses.stream().mapToDouble(Loss::mean).average().orElseThrow(), draws);
  }

  /** How much more it is than another on the same texts. */
  public Loss minus(Loss other) {
    double[] more = new double[DRAWS];
    Arrays.setAll(more, draw -> draws[draw] - other.draws[draw]);
    return new Loss(mean - other.mean, more);
  }

  /** Half of the 95 % interval. */
  public double width() {
    double mean = Arrays.stream(draws).average().orElseThrow();
    double squares = Arrays.stream(draws).map(draw -> (draw - mean) * (draw - mean)).sum();
    return WIDTH * Math.sqrt(squares / (DRAWS - 1));
  }

  /** The share of draws that lose at most so much. */
  public double sure(double tolerance) {
    return (double) Arrays.stream(draws).filter(draw -> draw <= tolerance).count() / DRAWS;
  }
}
