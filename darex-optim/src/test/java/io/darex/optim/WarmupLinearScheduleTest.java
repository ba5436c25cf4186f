package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WarmupLinearScheduleTest {
  @Test
  void followsTransformers() {
    // get_linear_schedule_with_warmup(optimizer, 2, 10) at rate 10, from transformers' own tests.
    double[] expected = {0, 5, 10, 8.75, 7.5, 6.25, 5, 3.75, 2.5, 1.25, 0, 0};
    WarmupLinearSchedule schedule = new WarmupLinearSchedule(10, 2, 10);
    for (int i = 0; i < expected.length; i++) {
      assertThat(schedule.valueAt(i, 99)).as("step " + i).isCloseTo(expected[i], within(1e-12));
    }
  }

  @Test
  void startsAtThePeakWithoutWarmup() {
    WarmupLinearSchedule schedule = new WarmupLinearSchedule(0.5, 0, 4);
    assertThat(schedule.valueAt(0, 0)).isEqualTo(0.5);
    assertThat(schedule.valueAt(3, 0)).isEqualTo(0.125);
    assertThat(schedule.valueAt(4, 0)).isZero();
  }

  @Test
  void allWarmupEndsBelowThePeak() {
    WarmupLinearSchedule schedule = new WarmupLinearSchedule(1, 4, 4);
    assertThat(schedule.valueAt(3, 0)).isEqualTo(0.75);
    assertThat(schedule.valueAt(4, 0)).isZero();
  }

  @Test
  void fractionIsRoundedUp() {
    assertThat(WarmupLinearSchedule.ofFraction(1, 0.06, 110))
        .isEqualTo(new WarmupLinearSchedule(1, 7, 110));
    assertThat(WarmupLinearSchedule.ofFraction(1, 0, 110))
        .isEqualTo(new WarmupLinearSchedule(1, 0, 110));
  }

  @Test
  void refusesWhatIsNoSchedule() {
    refused("peak", () -> new WarmupLinearSchedule(-1, 0, 1));
    refused("peak", () -> new WarmupLinearSchedule(Double.NaN, 0, 1));
    refused("totalSteps", () -> new WarmupLinearSchedule(1, 0, 0));
    refused("warmupSteps", () -> new WarmupLinearSchedule(1, -1, 5));
    refused("warmupSteps", () -> new WarmupLinearSchedule(1, 6, 5));
    refused("warmupFraction", () -> WarmupLinearSchedule.ofFraction(1, Double.NaN, 5));
    refused("warmupFraction", () -> WarmupLinearSchedule.ofFraction(1, 1.01, 5));
  }

  private static void refused(String name, Runnable construction) {
    assertThatThrownBy(construction::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(name);
  }
}
