package io.darex.bench.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How long work will still take. */
class ProgressTest {
  @Test
  void theTimeLeftIsMeasuredByWhatWasDoneHere() {
    // 900 of 1000 steps were found done; of the others 20 took 10 s.
    assertThat(Progress.left(20, 80, Duration.ofSeconds(10))).contains(Duration.ofSeconds(40));
    assertThat(Progress.left(0, 100, Duration.ofSeconds(10))).isEmpty();
    assertThat(Progress.left(4, 25_600_000, Duration.ofSeconds(10))).isEmpty();
    assertThat(Progress.left(110, -10, Duration.ofSeconds(10))).contains(Duration.ZERO);
  }
}
