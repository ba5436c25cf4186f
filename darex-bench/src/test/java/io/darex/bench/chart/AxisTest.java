package io.darex.bench.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.bench.chart.Axis.Tick;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AxisTest {
  private static final int CASES = 2000;

  private final Random random = new Random(3);

  private double any(int decades) {
    return (0.5 + random.nextDouble()) * Math.pow(10, random.nextInt(2 * decades) - decades);
  }

  /** What holds of the ticks of every axis of numbers. */
  private static void check(Axis axis, List<Double> values) {
    assertThat(values).allMatch(value -> axis.place(value) > 0 && axis.place(value) < 1);
    List<Double> at = axis.ticks().stream().map(Tick::at).toList();
    assertThat(at).as(axis.toString()).isSorted().hasSizeBetween(2, 15);
    assertThat(at).allMatch(tick -> tick >= axis.least() && tick <= axis.greatest());
    List<String> words = axis.ticks().stream().map(Tick::words).toList();
    assertThat(words).as(axis.toString()).doesNotHaveDuplicates();
    for (Tick tick : axis.ticks()) {
      assertThat(tick.words()).doesNotStartWith(".").doesNotStartWith("-.");
      assertThat(Double.parseDouble(tick.words()))
          .isCloseTo(tick.at(), within(1e-9 * Math.abs(tick.at()) + 1e-300));
    }
  }

  @Test
  void ticksOfAnyLinearAxis() {
    for (int i = 0; i < CASES; i++) {
      double from = (random.nextBoolean() ? 1 : -1) * any(7);
      List<Double> values = List.of(from, from + any(7) + Math.abs(from) * 1e-3);
      check(Axis.linear("x", values), values);
    }
  }

  @Test
  void ticksOfAnyLogarithmicAxis() {
    for (int i = 0; i < CASES; i++) {
      double from = any(7);
      List<Double> values = List.of(from, from * (1.01 + any(6)));
      Axis axis = Axis.log("x", values);
      check(axis, values);
      double middle = Math.sqrt(values.get(0) * values.get(1));
      assertThat(axis.place(middle) - axis.place(values.get(0)))
          .isCloseTo(axis.place(values.get(1)) - axis.place(middle), within(1e-9));
    }
  }

  @Test
  void aSingleValueHasAnAxisToo() {
    for (double value : new double[] {0, 0.5, 3e6, 1e-8}) {
      check(Axis.linear("x", List.of(value)), List.of(value));
    }
    check(Axis.log("x", List.of(0.03)), List.of(0.03));
  }

  @Test
  void numbersAreWrittenAsOneReadsThem() {
    assertThat(List.of(0.05, 1500.0, 1e-4, 2.5e-5, -0.3, 0.0, 4e6, 0.999))
        .extracting(Axis::words)
        .containsExactly("0.05", "1500", "1e-4", "2.5e-5", "-0.3", "0", "4e6", "0.999");
    assertThat(Axis.linear("x", List.of(0.0, 0.1)).ticks())
        .extracting(Tick::words)
        .containsExactly("0", "0.02", "0.04", "0.06", "0.08", "0.10");
  }

  @Test
  void refusesWhatHasNoPlaces() {
    assertThatThrownBy(() -> Axis.log("size", List.of(0.0, 1.0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected finite values above 0, got 0.0 to 1.0");
    assertThatThrownBy(() -> Axis.linear("x", List.of(Double.NaN)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("expected finite values, got");
  }
}
