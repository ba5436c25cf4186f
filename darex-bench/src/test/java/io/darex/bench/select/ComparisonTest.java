package io.darex.bench.select;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Intervals and the choice between samples, on made-up answers scored by their mean. */
class ComparisonTest {
  private static final int TEXTS = 400;
  private static final Candidate DARE = Means.candidate("random", "inverse-keep-rate");
  private static final Candidate UNLABELLED = Means.candidate("random", "q-unlabelled");
  private static final Candidate SEARCHED = Means.candidate("random", "q-labelled");
  private static final Candidate MAGNITUDE = Means.candidate("magnitude", "none");

  private final SplittableRandom random = new SplittableRandom(1);

  @Test
  void theErrorOfAMeanIsThatOfStatistics() {
    double[] numbers = numbers(.5, .4);
    Comparison one = compare(Means.sample(MAGNITUDE, false, numbers));
    double deviation = deviation(numbers);
    assertThat(one.mean(0)).isCloseTo(mean(numbers), within(1e-12));
    assertThat(one.error(0)).isCloseTo(deviation / Math.sqrt(TEXTS), within(.15 * deviation / 20));
    assertThat(one.maskDeviation()).isZero();
  }

  @Test
  void differencesArePaired() {
    double[] numbers = numbers(.5, .4);
    double[] shifted = numbers.clone();
    for (int i = 0; i < shifted.length; i++) {
      shifted[i] += .02;
    }
    Comparison two =
        compare(Means.sample(MAGNITUDE, false, numbers), Means.sample(MAGNITUDE, false, shifted));
    assertThat(two.error(0, 1)).isLessThan(1e-9);
    assertThat(two.error(0)).isGreaterThan(.01);
  }

  @Test
  void masksAddTheirPooledVarianceWhereTheyAreDrawn() {
    double[] flat = new double[TEXTS];
    double[] raised = new double[TEXTS];
    Arrays.fill(raised, .2);
    Comparison three =
        compare(
            Means.sample(DARE, true, flat, raised),
            Means.sample(UNLABELLED, true, flat, flat),
            Means.sample(MAGNITUDE, false, flat));
    // Sums of squares .02 and 0, one degree of freedom each.
    assertThat(three.maskDeviation()).isCloseTo(.1, within(1e-12));
    assertThat(three.error(0)).isCloseTo(Math.sqrt(.01 / 2), within(1e-12));
    assertThat(three.error(2)).isZero();
    assertThat(three.error(0, 2)).isCloseTo(Math.sqrt(.01 / 2), within(1e-12));
  }

  @Test
  void theSimplestIsTakenAmongThoseWithinNoise() {
    double[] numbers = numbers(.8, .4);
    Choice choice =
        Choice.of(
            compare(
                Means.sample(SEARCHED, true, noisy(numbers, .003)),
                Means.sample(UNLABELLED, true, noisy(numbers, .001)),
                Means.sample(DARE, true, noisy(numbers, 0))),
            false,
            false);
    assertThat(choice.sample()).isEqualTo(2);
    assertThat(choice.best()).isZero();
    assertThat(choice.alike()).containsExactly(0, 1);
  }

  @Test
  void thatNeverCostsMoreThanHalfOfWhatCountsAsEqual() {
    double[] numbers = numbers(.8, .4);
    for (double better : new double[] {.0055, .02, .2}) {
      Comparison comparison =
          compare(
              Means.sample(DARE, true, numbers),
              Means.sample(SEARCHED, true, noisy(numbers, better)));
      Choice choice = Choice.of(comparison, false, false);
      double lost = comparison.mean(choice.best()) - comparison.mean(choice.sample());
      assertThat(choice.equal()).isEqualTo(.01);
      assertThat(lost).isLessThanOrEqualTo(.005);
    }
  }

  @Test
  void whatIsBeyondDoubtIsSaidToBe() {
    double[] numbers = numbers(.5, .1);
    Choice choice =
        Choice.of(
            compare(
                Means.sample(DARE, true, numbers),
                Means.sample(SEARCHED, true, noisy(numbers, .3))),
            false,
            false);
    assertThat(choice.sample()).isEqualTo(1);
    assertThat(choice.alike()).isEmpty();
  }

  @Test
  void theTreeRulesWhereTheTrialCannot() {
    double[] numbers = numbers(.8, .4);
    Comparison same =
        compare(Means.sample(DARE, true, numbers), Means.sample(MAGNITUDE, false, numbers));
    assertThat(Choice.of(same, false, false).sample()).isZero();
    assertThat(Choice.of(same, true, false).sample()).isEqualTo(1);
  }

  @Test
  void ofAProxyAHundredthIsAPoint() {
    double[] numbers = numbers(-.2, .01);
    Comparison comparison = compare(Means.sample(DARE, true, numbers));
    assertThat(Choice.of(comparison, false, true).equal())
        .isCloseTo(.01 * Math.abs(mean(numbers)), within(1e-12));
  }

  private static Comparison compare(Sample... samples) {
    return new Comparison(List.of(samples), new Means(TEXTS));
  }

  private double[] numbers(double mean, double deviation) {
    return random.doubles(TEXTS).map(u -> mean + deviation * (u - .5) * Math.sqrt(12)).toArray();
  }

  /** As good on the whole by so much, and otherwise now better and now worse. */
  private double[] noisy(double[] numbers, double better) {
    double[] noise = random.doubles(TEXTS).map(u -> .2 * (u - .5)).toArray();
    double mean = mean(noise);
    double[] noisy = numbers.clone();
    for (int i = 0; i < noisy.length; i++) {
      noisy[i] += noise[i] - mean + better;
    }
    return noisy;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  private static double deviation(double[] values) {
    double mean = mean(values);
    return Math.sqrt(
        Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / (values.length - 1));
  }
}
