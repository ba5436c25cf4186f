package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MasksTest {
  @Test
  void readsSeedsThatADoubleCannotHold() {
    assertThat(Masks.create("random", Map.of("seed", "9223372036854775807", "dropRate", "0.99")))
        .isEqualTo(new RandomMask(Long.MAX_VALUE, 0.99));
  }

  @Test
  void namesWhatIsWrong() {
    assertThatThrownBy(() -> Masks.create("randon", Map.of()))
        .hasMessage(
            "unknown mask 'randon'; there are [columns, magnitude, n:m, random, stratified,"
                + " wanda]");
    assertThatThrownBy(() -> Masks.create("random", Map.of("seed", 1)))
        .hasMessage("mask random needs a parameter 'dropRate'");
    assertThatThrownBy(() -> Masks.create("random", Map.of("seed", 1.5, "dropRate", 0.5)))
        .hasMessage("mask random needs a 64-bit integer as 'seed', got 1.5");
    assertThatThrownBy(() -> Masks.create("random", Map.of("seed", 1, "dropRate", "high")))
        .hasMessage("mask random needs a number as 'dropRate', got high");
    assertThatThrownBy(
            () -> Masks.create("random", Map.of("seed", 1, "dropRate", 0.5, "density", 0.5)))
        .hasMessage("mask random has no parameter 'density'; it has [dropRate, seed]");
  }
}
