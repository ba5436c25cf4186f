package io.darex.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ScaleTest {
  /** It is part of what unfinished work is known by, in whatever process. */
  @Test
  void readsInNameOrder() {
    Scale scale = new Scale(0.5, Map.of("c", 0.3, "a", 0.1, "d", 0.4, "b", 0.2));

    assertThat(scale).hasToString("Scale[fallback=0.5, perTensor={a=0.1, b=0.2, c=0.3, d=0.4}]");
    assertThat(scale.q("b")).isEqualTo(0.2);
    assertThat(scale.q("e")).isEqualTo(0.5);
  }

  @Test
  void everyQIsAboveZeroAndAtMostOne() {
    for (double q : new double[] {0, -0.1, 1.1, Double.NaN}) {
      assertThatIllegalArgumentException().isThrownBy(() -> Scale.of(q));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Scale(1, Map.of("w", q)))
          .withMessageEndingWith(" for w");
    }
  }
}
