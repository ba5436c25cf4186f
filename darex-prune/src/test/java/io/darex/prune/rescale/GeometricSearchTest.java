package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Scale;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class GeometricSearchTest {
  private static final List<Double> KEEP_RATES = List.of(0.1, 0.05, 0.01, 0.001);

  private static SearchedPoints run(
      GeometricSearch search, double keepRate, DoubleUnaryOperator curve) {
    SearchedPoints trials =
        new SearchedPoints(
            q -> new SearchedPoints.Candidate(Scale.of(q), q, null),
            scale -> curve.applyAsDouble(scale.fallback()),
            point -> {});
    trials.score(keepRate);
    search.run(keepRate, 1, trials);
    return trials;
  }

  private static double best(GeometricSearch search, double keepRate, DoubleUnaryOperator curve) {
    return run(search, keepRate, curve).best(search.tolerance());
  }

  /** The brute-force optimum: 4,000 points, even in log q. */
  private static double top(double keepRate, DoubleUnaryOperator curve) {
    double top = Double.NEGATIVE_INFINITY;
    for (int i = 0; i <= 4000; i++) {
      top = Math.max(top, curve.applyAsDouble(Math.pow(keepRate, 1 - i / 4000.0)));
    }
    return top;
  }

  /** From 0 at 1 − p to 1 at q = 1. */
  private static double place(double keepRate, double q) {
    return 1 - Math.log(q) / Math.log(keepRate);
  }

  /** What a search loses at worst and costs on average over curves with peaks everywhere. */
  private static String measure(GeometricSearch search, Family family, double[] lossAndCost) {
    double worst = 0;
    double points = 0;
    int curves = 0;
    for (double keepRate : KEEP_RATES) {
      for (int i = 0; i <= 40; i++) {
        double peak = i / 40.0;
        DoubleUnaryOperator curve = q -> family.score(place(keepRate, q), peak);
        SearchedPoints trials = run(search, keepRate, curve);
        double found = curve.applyAsDouble(trials.best(search.tolerance()));
        worst = Math.max(worst, top(keepRate, curve) - found);
        points += trials.searched().size();
        curves++;
      }
    }
    lossAndCost[0] = worst;
    lossAndCost[1] = points / curves;
    return search + " loses at most " + worst + " with " + points / curves + " points a curve";
  }

  /** Curves that fall by about 1 over the whole range, by where in it q and their peak lie. */
  private interface Family {
    double score(double place, double peak);
  }

  private static final Family KINKED = (place, peak) -> -Math.abs(place - peak);
  private static final Family PARABOLA = (place, peak) -> -Math.pow(place - peak, 2);
  private static final Family LOPSIDED =
      (place, peak) ->
          place < peak ? -2 * Math.pow(place - peak, 2) : -Math.pow(place - peak, 2) / 2;
  // Signs: too small a q destroys a model at once, too large a one slowly.
  private static final Family CLIFF =
      (place, peak) -> place < peak ? -Math.min(0.6, 6 * (peak - place)) : (peak - place) / 2;
  // What noise and shrinkage add up to: √(bias² + variance) of docs/METHOD.md §2, in shape.
  private static final Family ERROR =
      (place, peak) -> 1 - Math.sqrt(1 - 0.9 * Math.exp(-8 * Math.pow(place - peak, 2)));

  @Test
  void findsWhatAGridFindsOfCurvesWithOnePeak() {
    for (Family family : List.of(KINKED, PARABOLA, LOPSIDED, ERROR)) {
      double[] geometric = new double[2];
      double[] smooth = new double[2];
      String says =
          measure(GeometricSearch.DEFAULT, family, geometric)
              + "\n"
              + measure(GeometricSearch.SMOOTH, family, smooth);
      assertThat(geometric[0]).as(says).isLessThan(0.04);
      assertThat(geometric[1]).as(says).isLessThan(12);
      if (family != KINKED) {
        assertThat(smooth[0]).as(says).isLessThan(0.02);
      }
      assertThat(smooth[1]).as(says).isLessThan(geometric[1]);
    }
  }

  @Property
  void aSmoothSearchGoesOnUntilItIsNear(@ForAll @DoubleRange(min = 0, max = 1) double peak) {
    for (Family family : List.of(KINKED, PARABOLA, LOPSIDED, ERROR, CLIFF)) {
      for (double keepRate : KEEP_RATES) {
        SearchedPoints trials =
            run(GeometricSearch.SMOOTH, keepRate, q -> family.score(place(keepRate, q), peak));
        double best = trials.best(0);
        assertThat(trials.above(best) / best).isLessThan(1.21);
        assertThat(best / trials.below(best)).isLessThan(1.21);
        assertThat(best / Math.pow(keepRate, 1 - peak)).isBetween(1 / 1.21, 1.21);
      }
    }
  }

  /** Why there are halvings: by three parabolas in their place q was up to twice as large. */
  @Test
  void parabolasCreepOnACliff() {
    double worst = 1;
    for (int i = 0; i <= 40; i++) {
      double peak = i / 40.0;
      DoubleUnaryOperator curve = q -> CLIFF.score(place(0.001, q), peak);
      double found = best(new GeometricSearch(6, 3, 0, 1e-9), 0.001, curve);
      worst = Math.max(worst, found / Math.pow(0.001, 1 - peak));
    }
    assertThat(worst).isBetween(1.9, 2.3);
  }

  /** A metric on few sentences: noise of 0.02 at every q, the same when asked again. */
  @Property(tries = 100)
  void noiseCostsNoMoreThanItIsLarge(
      @ForAll long seed, @ForAll @DoubleRange(min = 0, max = 1) double peak) {
    double keepRate = 0.01;
    Family family = PARABOLA;
    DoubleUnaryOperator clean = q -> family.score(place(keepRate, q), peak);
    DoubleUnaryOperator noisy =
        q ->
            clean.applyAsDouble(q)
                + 0.04 * new SplittableRandom(seed ^ Double.doubleToLongBits(q)).nextDouble();
    // Noise of 0.04 hides two steps of 1/7 only where these gain less, which means a peak at most
    // 0.213 away, so 0.045 lower.
    double found = clean.applyAsDouble(best(GeometricSearch.DEFAULT, keepRate, noisy));
    assertThat(found).isGreaterThan(top(keepRate, clean) - 0.09);
  }

  @Test
  void goesOnOverPlateausOfADestroyedModel() {
    double found = best(GeometricSearch.DEFAULT, 0.001, q -> Math.max(0, 0.2 - Math.abs(q - 0.3)));
    assertThat(found).isCloseTo(0.3, within(0.1));
  }

  /** Noise around nothing that falls and falls, and then the peak: what 1/1000 of a model does. */
  @Test
  void goesOnWhereNoiseFallsBeforeThePeak() {
    DoubleUnaryOperator metric =
        q -> q < 0.01 ? 0.02 - q : Math.max(0, 0.4 - Math.abs(q - 0.05) * 8);
    assertThat(best(GeometricSearch.DEFAULT, 0.001, metric)).isCloseTo(0.05, within(0.01));
    // And a change of outputs that grows before it shrinks.
    assertThat(best(GeometricSearch.SMOOTH, 0.01, q -> Math.max(-0.6 - q, -Math.abs(q - 0.2) * 4)))
        .isCloseTo(0.2, within(0.03));
  }

  @Test
  void answersTheInverseKeepRateWhereQDoesNotMatter() {
    for (GeometricSearch search : List.of(GeometricSearch.DEFAULT, GeometricSearch.SMOOTH)) {
      for (double keepRate : KEEP_RATES) {
        assertThat(best(search, keepRate, q -> 0.5)).isEqualTo(keepRate);
        assertThat(best(search, keepRate, q -> -q)).isEqualTo(keepRate);
      }
      assertThat(run(search, 1, q -> 3).searched()).containsExactly(new Point(1, 3));
    }
    assertThat(run(GeometricSearch.DEFAULT, 0.01, q -> 0.5).searched()).hasSize(8);
    assertThat(best(GeometricSearch.DEFAULT, 0.01, q -> 0.5 + 1e-12 * q)).isEqualTo(0.01);
    assertThat(best(new GeometricSearch(8, 2, 0, 0.01), 0.01, q -> 0.009 * q)).isEqualTo(0.01);
    assertThat(best(GeometricSearch.DEFAULT, 0.01, q -> q)).isEqualTo(1);
  }

  @Property
  void triesDistinctPointsInTheRange(
      @ForAll @net.jqwik.api.constraints.Scale(6) @DoubleRange(min = 1e-6, max = 0.999999) double p,
      @ForAll @DoubleRange(min = 0, max = 1) double optimum) {
    List<Double> tried =
        run(GeometricSearch.DEFAULT, 1 - p, q -> -Math.abs(q - optimum)).searched().stream()
            .map(Point::q)
            .toList();
    assertThat(tried).hasSizeBetween(3, 10).doesNotHaveDuplicates().startsWith(1 - p);
    assertThat(tried).allMatch(q -> q >= 1 - p && q <= 1);
  }

  @Test
  void passesOverPointsWithoutAScoreAndReportsThem() {
    for (GeometricSearch search : List.of(GeometricSearch.DEFAULT, GeometricSearch.SMOOTH)) {
      SearchedPoints trials = run(search, 0.01, q -> q < 0.1 ? Double.NaN : -q);
      assertThat(trials.best(0)).isBetween(0.1, 0.15);
      assertThat(trials.searched()).filteredOn(p -> Double.isNaN(p.score())).isNotEmpty();
      assertThatThrownBy(() -> run(search, 0.01, q -> Double.NaN).best(0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("NaN at every point");
    }
  }

  @Test
  void refusesSearchesThatAreNone() {
    assertThatThrownBy(() -> new GeometricSearch(2, 2, 0, 0)).hasMessageContaining("at least 3");
    assertThatThrownBy(() -> new GeometricSearch(8, -1, 0, 0)).hasMessageContaining("rounds");
    assertThatThrownBy(() -> new GeometricSearch(8, 2, -1, 0)).hasMessageContaining("halvings");
    assertThatThrownBy(() -> new GeometricSearch(8, 2, 0, Double.NaN))
        .hasMessageContaining("tolerance");
  }
}
