package io.darex.bench.select;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearQTest {
  @ParameterizedTest
  @CsvSource({"0.1, 0.1", "0.1, 0.17", "0.2, 0.11", "0.05, 0.2", "0.9, 0.5", "0.6, 0.95"})
  void findsTheTopNearby(double start, double top) {
    List<Double> tried = new ArrayList<>();
    double found =
        NearQ.of(
            start,
            q -> {
              tried.add(q);
              return -Math.pow(Math.log(q / top), 2);
            });
    assertThat(found).isCloseTo(top, within(.12 * top));
    assertThat(tried).hasSizeLessThanOrEqualTo(6).allMatch(q -> q > 0 && q <= 1);
  }

  @Test
  void aPointWithoutScoreIsPassedOver() {
    assertThat(NearQ.of(.1, q -> q < .12 ? Double.NaN : -q)).isBetween(.12, .2);
    assertThat(NearQ.of(.1, q -> Double.NaN)).isPositive().isLessThanOrEqualTo(1);
  }
}
