package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;

class QSearchTest {
  private static Found search(double p, DoubleUnaryOperator score) {
    return QSearch.DEFAULT.best(1 - p, score, point -> {});
  }

  @Property
  void findsTheOptimumOfAUnimodalScore(
      @ForAll @Scale(6) @DoubleRange(min = 0.3, max = 0.9999) double p,
      @ForAll @Scale(6) @DoubleRange(min = 0, max = 1) double place) {
    double optimum = Math.pow(1 - p, 1 - place);
    Found found = search(p, q -> -Math.abs(Math.log(q / optimum)));
    // A grid of 8 halved twice: an eighth of the coarse step each way, in logarithms.
    double step = -Math.log(1 - p) / 7 / 4;
    assertThat(Math.log(found.scale().fallback() / optimum)).isCloseTo(0, within(step));
  }

  @Property
  void triesBetweenEightAndTwelveDistinctPointsWithBothEndsExact(
      @ForAll @Scale(6) @DoubleRange(min = 1e-6, max = 0.999999) double p,
      @ForAll @Scale(6) @DoubleRange(min = 0, max = 1) double optimum) {
    List<Double> tried =
        search(p, q -> -Math.abs(q - optimum)).searched().stream().map(Point::q).toList();
    assertThat(tried).hasSizeBetween(8, 12).doesNotHaveDuplicates().contains(1 - p, 1.0);
    assertThat(tried).allMatch(q -> q >= 1 - p && q <= 1);
  }

  @Test
  void answersTheInverseKeepRateWhereQDoesNotMatter() {
    assertThat(search(0.99, q -> 0.5).scale().fallback()).isEqualTo(1 - 0.99);
    assertThat(search(0.99, q -> 0.5 + 1e-12 * q).scale().fallback()).isEqualTo(1 - 0.99);
    assertThat(search(0.99, q -> q).scale().fallback()).isEqualTo(1.0);
    assertThat(
            new QSearch(8, 2, 0.01).best(1 - 0.99, q -> 0.009 * q, point -> {}).scale().fallback())
        .isEqualTo(1 - 0.99);
  }

  @Test
  void hasOnePointWhereNothingIsDropped() {
    assertThat(search(0, q -> 3).searched()).containsExactly(new Point(1, 3));
    assertThat(search(Double.MIN_VALUE, q -> 3).searched()).containsExactly(new Point(1, 3));
  }

  @Test
  void passesOverPointsWithoutAScoreAndReportsThem() {
    Found found = search(0.99, q -> q < 0.1 ? Double.NaN : -q);
    assertThat(found.scale().fallback()).isBetween(0.1, 0.15);
    assertThat(found.searched()).filteredOn(p -> Double.isNaN(p.score())).isNotEmpty();
    assertThatThrownBy(() -> search(0.99, q -> Double.NaN))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("NaN at every q");
  }

  @Test
  void tellsOfEveryPointAsItGoes() {
    List<Point> seen = new ArrayList<>();
    Found found = QSearch.DEFAULT.best(1 - 0.9, q -> -q, seen::add);
    assertThat(seen).isEqualTo(found.searched());
  }

  @Test
  void isDeterministic() {
    assertThat(search(0.97, q -> -(q - 0.1) * (q - 0.1)))
        .isEqualTo(search(0.97, q -> -(q - 0.1) * (q - 0.1)));
  }

  @Test
  void refusesSearchesThatAreNone() {
    assertThatThrownBy(() -> new QSearch(7, 2, 0)).hasMessageContaining("at least 8");
    assertThatThrownBy(() -> new QSearch(8, -1, 0)).hasMessageContaining("rounds");
    assertThatThrownBy(() -> new QSearch(8, 2, Double.NaN)).hasMessageContaining("tolerance");
  }
}
