package io.darex.bench.select;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.bench.task.Loss;
import io.darex.prune.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Losses and what is stated of them, on made-up answers that are right or wrong. */
class LossTest {
  private static final int TEXTS = 400;
  private static final Measure MEASURE = new Means(TEXTS);

  private final SplittableRandom random = new SplittableRandom(1);
  private final double[] tuned = answers(.9);

  @Test
  void theIntervalIsThatOfPairedDifferences() {
    double[] pruned = tuned.clone();
    for (int i = 0; i < 20; i++) {
      pruned[i] = 1 - pruned[i];
    }
    double[] differences = new double[TEXTS];
    Arrays.setAll(differences, i -> tuned[i] - pruned[i]);
    double mean = Arrays.stream(differences).average().orElseThrow();
    double variance = Arrays.stream(differences).map(d -> (d - mean) * (d - mean)).sum() / TEXTS;
    Loss loss = Loss.of(MEASURE::score, tuned, pruned);
    assertThat(loss.mean()).isCloseTo(mean, within(1e-12));
    assertThat(loss.width()).isCloseTo(1.96 * Math.sqrt(variance / TEXTS), within(.002));
    assertThat(loss.sure(loss.mean() + loss.width())).isBetween(.95, .995);
    assertThat(loss.sure(loss.mean() - loss.width())).isBetween(.005, .05);
  }

  @Test
  void itselfLosesNothingForSure() {
    Loss none = Loss.of(MEASURE::score, tuned, tuned);
    assertThat(none.mean()).isZero();
    assertThat(none.width()).isZero();
    assertThat(none.sure(0)).isEqualTo(1);
  }

  /** A size is chosen for its low estimate, so larger files that lost more count too. */
  @Test
  void theStatedLossIsNeverBelowTheEstimate() {
    assertThat(pooled(.002, .008, .001)).isCloseTo(.005, within(1e-12));
    assertThat(pooled(.008, .002)).isCloseTo(.008, within(1e-12));
    assertThat(pooled(.001, .001, .007)).isCloseTo(.003, within(1e-12));
  }

  private static double pooled(double... losses) {
    List<Attempt> tried = new ArrayList<>();
    for (int i = 0; i < losses.length; i++) {
      tried.add(new Attempt(Values.SIGN, 100 + i, .1, new Loss(losses[i], new double[1000])));
    }
    // A smaller one, which plays no part.
    tried.add(new Attempt(Values.SIGN, 50, .1, new Loss(.5, new double[1000])));
    return SmallestSearch.pooled(tried, tried.get(0)).mean();
  }

  private double[] answers(double right) {
    return random.doubles(TEXTS).map(u -> u < right ? 1 : 0).toArray();
  }
}
