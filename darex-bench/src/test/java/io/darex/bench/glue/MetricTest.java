package io.darex.bench.glue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MetricTest {
  @Test
  void namesAreThoseOfGlue() {
    assertThat(Metric.MATTHEWS.glueName()).isEqualTo("matthews_correlation");
    assertThat(Metric.ACCURACY.glueName()).isEqualTo("accuracy");
  }

  @Test
  void matthewsByHand() {
    // tp 3, tn 2, fp 1, fn 1: (3·2 − 1·1) / √(4·4·3·3) = 5/12.
    int[] gold = {1, 1, 1, 1, 0, 0, 0};
    int[] predicted = {1, 1, 1, 0, 1, 0, 0};
    assertThat(Metric.MATTHEWS.of(gold, predicted)).isCloseTo(5.0 / 12, within(1e-15));
    assertThat(Metric.ACCURACY.of(gold, predicted)).isEqualTo(5.0 / 7);
  }

  @Test
  void matthewsIsExactAtItsEndsAndZeroWithoutVariance() {
    int[] gold = {0, 1, 1, 0, 1};
    assertThat(Metric.MATTHEWS.of(gold, gold)).isEqualTo(1);
    assertThat(Metric.MATTHEWS.of(gold, new int[] {1, 0, 0, 1, 0})).isEqualTo(-1);
    assertThat(Metric.MATTHEWS.of(gold, new int[] {1, 1, 1, 1, 1})).isZero();
    assertThat(Metric.MATTHEWS.of(new int[] {0, 0}, new int[] {0, 1})).isZero();
    assertThat(Metric.MATTHEWS.of(new int[] {0}, new int[] {0})).isZero();
  }

  /** For two labels Matthews correlation is Pearson's r of the label values. */
  @Test
  void matthewsOfTwoLabelsIsPearson() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int[] gold = random.ints(2 + random.nextInt(50), 0, 2).toArray();
      int[] predicted = Arrays.stream(gold).map(y -> random.nextInt(3) > 0 ? y : 1 - y).toArray();
      assertThat(Metric.MATTHEWS.of(gold, predicted))
          .as("seed %d", seed)
          .isCloseTo(pearson(gold, predicted), within(1e-12));
    }
  }

  /** Gorodkin's definition: a sum over all triples of cells of the confusion matrix. */
  @Test
  void matthewsOfThreeLabelsIsGorodkins() {
    for (long seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      int[] gold = random.ints(5 + random.nextInt(40), 0, 3).toArray();
      int[] predicted = Arrays.stream(gold).map(y -> (y + random.nextInt(2)) % 3).toArray();
      assertThat(Metric.MATTHEWS.of(gold, predicted))
          .as("seed %d", seed)
          .isCloseTo(gorodkin(gold, predicted, 3), within(1e-12));
    }
  }

  @Test
  void matthewsOfAMillionDoesNotOverflow() {
    int[] gold = new int[1_000_000];
    Arrays.setAll(gold, i -> i & 1);
    int[] predicted = gold.clone();
    predicted[0] = 1;
    assertThat(Metric.MATTHEWS.of(gold, predicted)).isCloseTo(1 - 2e-6, within(1e-9));
  }

  @Test
  void refusesNoneAndUnequal() {
    for (Metric metric : Metric.values()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> metric.of(new int[0], new int[0]))
          .withMessageContaining("at least one");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> metric.of(new int[] {1, 0}, new int[] {1}))
          .withMessageContaining("got 1 for 2");
    }
  }

  private static double pearson(int[] x, int[] y) {
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

  private static double gorodkin(int[] gold, int[] predicted, int labels) {
    double[][] c = new double[labels][labels];
    for (int i = 0; i < gold.length; i++) {
      c[gold[i]][predicted[i]]++;
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
