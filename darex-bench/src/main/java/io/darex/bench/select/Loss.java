package io.darex.bench.select;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How much of a metric a pruned model loses against the tuned one on the same texts, and how sure
 * that is: a bootstrap draws other texts, the same for both models.
 *
 * @param mean on all texts
 * @param draws on the texts of each draw
 */
@SuppressWarnings("ArrayRecordComponent") // equality is never asked for
record Loss(double mean, double[] draws) {
  private static final int DRAWS = 1000;

  /**
   * Measures.
   *
   * @param tuned the numbers of the tuned model
   * @param pruned the numbers of the pruned one
   */
  static Loss of(Measure measure, double[] tuned, double[] pruned) {
    double[] draws = new double[DRAWS];
    SplittableRandom random = new SplittableRandom(0);
    for (int draw = 0; draw < DRAWS; draw++) {
      int[] places = Comparison.places(random, measure.size());
      draws[draw] = measure.score(tuned, places) - measure.score(pruned, places);
    }
    return new Loss(measure.score(tuned) - measure.score(pruned), draws);
  }

  /** The mean of several losses on the same texts. */
  static Loss mean(List<Loss> losses) {
    double[] draws = new double[DRAWS];
    for (int draw = 0; draw < DRAWS; draw++) {
      for (Loss loss : losses) {
        draws[draw] += loss.draws[draw] / losses.size();
      }
    }
    return new Loss(losses.stream().mapToDouble(Loss::mean).average().orElseThrow(), draws);
  }

  /** How much more it is than another on the same texts. */
  Loss minus(Loss other) {
    double[] more = new double[DRAWS];
    Arrays.setAll(more, draw -> draws[draw] - other.draws[draw]);
    return new Loss(mean - other.mean, more);
  }

  /** Half of the 95 % interval. */
  double width() {
    double mean = Arrays.stream(draws).average().orElseThrow();
    double squares = Arrays.stream(draws).map(draw -> (draw - mean) * (draw - mean)).sum();
    return Comparison.WIDTH * Math.sqrt(squares / (DRAWS - 1));
  }

  /** The share of draws that lose at most so much. */
  double sure(double tolerance) {
    return (double) Arrays.stream(draws).filter(draw -> draw <= tolerance).count() / DRAWS;
  }
}
