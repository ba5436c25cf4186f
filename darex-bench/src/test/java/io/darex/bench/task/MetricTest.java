package io.darex.bench.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.apache.commons.math3.stat.correlation.SpearmansCorrelation;
import org.junit.jupiter.api.Test;

class MetricTest {
  @Test
  void namesAreThoseOfGlue() {
    assertThat(Metric.MATTHEWS.glueName()).isEqualTo("matthews_correlation");
    assertThat(Metric.ACCURACY.glueName()).isEqualTo("accuracy");
    assertThat(Metric.F1.glueName()).isEqualTo("f1");
    assertThat(Metric.PEARSON.glueName()).isEqualTo("pearson");
    assertThat(Metric.SPEARMAN.glueName()).isEqualTo("spearmanr");
    assertThat(Metric.names()).allSatisfy(n -> assertThat(Metric.named(n).glueName()).isEqualTo(n));
  }

  @Test
  void matthewsByHand() {
    // tp 3, tn 2, fp 1, fn 1: (3·2 − 1·1) / √(4·4·3·3) = 5/12.
    double[] gold = {1, 1, 1, 1, 0, 0, 0};
    double[] predicted = {1, 1, 1, 0, 1, 0, 0};
    assertThat(value(Metric.MATTHEWS, gold, predicted)).isCloseTo(5.0 / 12, within(1e-15));
    assertThat(value(Metric.ACCURACY, gold, predicted)).isEqualTo(5.0 / 7);
  }

  @Test
  void matthewsIsExactAtItsEndsAndZeroWithoutVariance() {
    double[] gold = {0, 1, 1, 0, 1};
    assertThat(value(Metric.MATTHEWS, gold, gold)).isEqualTo(1);
    assertThat(value(Metric.MATTHEWS, gold, new double[] {1, 0, 0, 1, 0})).isEqualTo(-1);
    assertThat(value(Metric.MATTHEWS, gold, new double[] {1, 1, 1, 1, 1})).isZero();
    assertThat(value(Metric.MATTHEWS, new double[] {0, 0}, new double[] {0, 1})).isZero();
    assertThat(value(Metric.MATTHEWS, new double[] {0}, new double[] {0})).isZero();
  }

  /** For two labels Matthews correlation is Pearson's r of the label values. */
  @Test
  void matthewsOfTwoLabelsIsPearson() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      double[] gold = random.ints(2 + random.nextInt(50), 0, 2).asDoubleStream().toArray();
      double[] predicted =
          Arrays.stream(gold).map(y -> random.nextInt(3) > 0 ? y : 1 - y).toArray();
      assertThat(value(Metric.MATTHEWS, gold, predicted))
          .as("seed %d", seed)
          .isCloseTo(pearson(gold, predicted), within(1e-12));
    }
  }

  /** Gorodkin's definition: a sum over all triples of cells of the confusion matrix. */
  @Test
  void matthewsOfThreeLabelsIsGorodkins() {
    for (long seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      double[] gold = random.ints(5 + random.nextInt(40), 0, 3).asDoubleStream().toArray();
      double[] predicted = Arrays.stream(gold).map(y -> (y + random.nextInt(2)) % 3).toArray();
      assertThat(value(Metric.MATTHEWS, gold, predicted))
          .as("seed %d", seed)
          .isCloseTo(gorodkin(gold, predicted, 3), within(1e-12));
    }
  }

  @Test
  void matthewsOfAMillionDoesNotOverflow() {
    double[] gold = new double[1_000_000];
    Arrays.setAll(gold, i -> i & 1);
    double[] predicted = gold.clone();
    predicted[0] = 1;
    assertThat(value(Metric.MATTHEWS, gold, predicted)).isCloseTo(1 - 2e-6, within(1e-9));
  }

  @Test
  void f1IsThatOfLabelOne() {
    // tp 2, fp 1, fn 2: precision 2/3, recall 1/2, harmonic mean 4/7.
    double[] gold = {1, 1, 1, 1, 0, 0};
    double[] predicted = {1, 1, 0, 0, 1, 0};
    assertThat(value(Metric.F1, gold, predicted)).isCloseTo(4.0 / 7, within(1e-15));
    double[] none = {0, 0};
    assertThat(value(Metric.F1, none, none)).isZero();
    assertThat(value(Metric.F1, none, new double[] {1, 1})).isZero();
    assertThat(value(Metric.F1, new double[] {1, 1}, none)).isZero();
    assertThat(value(Metric.F1, new double[] {1, 0}, new double[] {1, 0})).isEqualTo(1);
  }

  @Test
  void f1IsTheHarmonicMeanOfPrecisionAndRecall() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      double[] gold = random.ints(3 + random.nextInt(50), 0, 2).asDoubleStream().toArray();
      double[] predicted = random.ints(gold.length, 0, 2).asDoubleStream().toArray();
      double given = Arrays.stream(gold).sum();
      double guessed = Arrays.stream(predicted).sum();
      double both = 0;
      for (int i = 0; i < gold.length; i++) {
        both += gold[i] * predicted[i];
      }
      double precision = both / guessed;
      double recall = both / given;
      double expected = both == 0 ? 0 : 2 * precision * recall / (precision + recall);
      assertThat(value(Metric.F1, gold, predicted))
          .as("seed %d", seed)
          .isCloseTo(expected, within(1e-12));
    }
  }

  /** Against Apache Commons Math, on values with many ties and of any size. */
  @Test
  void correlationsAreThoseOfCommonsMath() {
    for (long seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      double size = Math.pow(10, random.nextInt(9) - 4);
      int count = 3 + random.nextInt(60);
      double[] gold = random.doubles(count).map(x -> Math.rint(x * 8) * size).toArray();
      double[] predicted =
          Arrays.stream(gold).map(x -> x + Math.rint(random.nextGaussian() * 2) * size).toArray();
      gold[0] = -size;
      predicted[1] = 20 * size;
      assertThat(value(Metric.PEARSON, gold, predicted))
          .as("seed %d", seed)
          .isCloseTo(new PearsonsCorrelation().correlation(gold, predicted), within(1e-12));
      assertThat(value(Metric.SPEARMAN, gold, predicted))
          .as("seed %d", seed)
          .isCloseTo(new SpearmansCorrelation().correlation(gold, predicted), within(1e-12));
    }
  }

  @Test
  void tiesShareTheirMeanRankByHand() {
    // Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: deviations −1.5, 0, 0, 1.5 and −1.5, .5, −.5, 1.5.
    double[] gold = {0, 3, 3, 5};
    double[] predicted = {-1, 2, 1, 9};
    assertThat(value(Metric.SPEARMAN, gold, predicted))
        .isCloseTo(4.5 / Math.sqrt(4.5 * 5), within(1e-15));
  }

  @Test
  void correlationIsExactAtItsEndsAndAtAnySize() {
    double[] gold = {1, 2, 3.5, 4};
    double[] opposite = {-1, -2, -3.5, -4};
    double[] tiny = Arrays.stream(gold).map(x -> x * 1e-200).toArray();
    for (Metric metric : new Metric[] {Metric.PEARSON, Metric.SPEARMAN}) {
      assertThat(value(metric, gold, gold)).isCloseTo(1, within(1e-15)).isLessThanOrEqualTo(1);
      assertThat(value(metric, gold, opposite)).isCloseTo(-1, within(1e-15));
      assertThat(value(metric, gold, tiny)).isCloseTo(1, within(1e-15));
    }
  }

  @Test
  void correlationWithAConstantOrNoNumberIsUndefined() {
    double[] gold = {1, 2, 3};
    for (Metric metric : new Metric[] {Metric.PEARSON, Metric.SPEARMAN}) {
      // A mean of 0.1s that rounding keeps from 0.1.
      assertThat(metric.of(gold, new double[] {0.1, 0.1, 0.1})).isEmpty();
      assertThat(metric.of(new double[] {5, 5, 5}, gold)).isEmpty();
      assertThat(metric.of(new double[] {1}, new double[] {2})).isEmpty();
      assertThat(metric.of(gold, new double[] {1, Double.NaN, 2})).isEmpty();
      assertThat(metric.of(gold, new double[] {1, Double.POSITIVE_INFINITY, 2})).isEmpty();
    }
  }

  @Test
  void theMeanOfSeveralMetricsIsThePrimaryOne() {
    double[] gold = {1, 1, 0, 0};
    double[] predicted = {1, 0, 0, 0};
    Scoring both = Scoring.by(Metric.ACCURACY, Metric.F1);
    assertThat(both.primary()).isEqualTo("combined_score");
    assertThat(both.values(gold, predicted).keySet())
        .containsExactly("accuracy", "f1", "combined_score");
    assertThat(both.score(gold, predicted)).isCloseTo((0.75 + 2.0 / 3) / 2, within(1e-15));
    Scoring one = Scoring.by(Metric.ACCURACY);
    assertThat(one.primary()).isEqualTo("accuracy");
    assertThat(one.values(gold, predicted).keySet()).containsExactly("accuracy");
    assertThat(one.score(gold, predicted)).isEqualTo(0.75);
  }

  @Test
  void anUndefinedMeanIsSaidAndCountsAsNothing() {
    Scoring both = Scoring.by(Metric.PEARSON, Metric.SPEARMAN);
    double[] constant = {2, 2, 2};
    double[] gold = {1, 2, 3};
    assertThat(both.values(gold, constant).values()).allSatisfy(v -> assertThat(v).isEmpty());
    assertThat(both.score(gold, constant)).isZero();
  }

  @Test
  void metricsThatDoNotFitAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> Scoring.by());
    assertThatIllegalArgumentException().isThrownBy(() -> Scoring.by(Metric.F1, Metric.F1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Scoring.by(Metric.F1).requireFits(3))
        .withMessage("f1 does not measure a classification with 3 labels");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Scoring.by(Metric.ACCURACY).requireFits(0))
        .withMessage("accuracy does not measure a regression");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Scoring.by(Metric.PEARSON).requireFits(2));
  }

  @Test
  void refusesNoneAndUnequal() {
    for (Metric metric : Metric.values()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> metric.of(new double[0], new double[0]))
          .withMessageContaining("at least one");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> metric.of(new double[] {1, 0}, new double[] {1}))
          .withMessageContaining("got 1 for 2");
    }
  }

  private static double value(Metric metric, double[] gold, double[] predicted) {
    return metric.of(gold, predicted).orElseThrow();
  }

  private static double pearson(double[] x, double[] y) {
    double meanX = Arrays.stream(x).average().orElseThrow();
    double meanY = Arrays.stream(y).average().orElseThrow();
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xy += (x[i] - meanX) * (y[i] - meanY);
      xx += (x[i] - meanX) * (x[i] - meanX);
      yy += (y[i] - meanY) * (y[i] - meanY);
    }
    return xx < 1e-12 || yy < 1e-12 ? 0 : xy / Math.sqrt(xx * yy);
  }

  private static double gorodkin(double[] gold, double[] predicted, int labels) {
    double[][] c = new double[labels][labels];
    for (int i = 0; i < gold.length; i++) {
      c[(int) gold[i]][(int) predicted[i]]++;
    }
    double above = 0;
    double rows = 0;
    double columns = 0;
    for (int k = 0; k < labels; k++) {
      double row = 0;
      double column = 0;
      double otherRows = 0;
      double otherColumns = 0;
      for (int l = 0; l < labels; l++) {
        row += c[k][l];
        column += c[l][k];
        for (int m = 0; m < labels; m++) {
          above += c[k][k] * c[l][m] - c[k][l] * c[m][k];
          otherRows += l == k ? 0 : c[l][m];
          otherColumns += l == k ? 0 : c[m][l];
        }
      }
      rows += row * otherRows;
      columns += column * otherColumns;
    }
    return rows == 0 || columns == 0 ? 0 : above / Math.sqrt(rows * columns);
  }
}
