package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RescaleTest {
  @Test
  void everyRescaleHasItsContractTest() {
    assertThat(
            Stream.of(
                    new DotMatchTest(),
                    new FixedQTest(),
                    new InverseKeepRateTest(),
                    new NormMatchTest(),
                    new QLabelledTest(),
                    new QUnlabelledTest(),
                    new UnscaledTest())
                .map(test -> test.rescale().name()))
        .containsExactlyInAnyOrderElementsOf(Rescales.KINDS.names());
  }

  @Test
  void theListNamesThem() {
    assertThat(Rescales.KINDS.names())
        .containsExactly(
            "dot-match",
            "inverse-keep-rate",
            "none",
            "norm-match",
            "q",
            "q-labelled",
            "q-unlabelled");
    assertThat(Rescales.create("inverse-keep-rate", Map.of())).isEqualTo(new InverseKeepRate());
    assertThat(Rescales.create("q", Map.of("q", 0.2))).isEqualTo(new FixedQ(0.2));
    for (String name : Rescales.KINDS.names()) {
      Map<String, Object> parameters = name.equals("q") ? Map.of("q", 0.2) : Map.of();
      assertThat(Rescales.create(name, parameters).name()).isEqualTo(name);
    }
  }

  @Test
  void theListNamesWhatIsWrong() {
    assertThatThrownBy(() -> Rescales.create("dare", Map.of()))
        .hasMessageContaining("unknown rescale 'dare'");
    assertThatThrownBy(() -> Rescales.create("q", Map.of()))
        .hasMessage("rescale q needs a parameter 'q'");
    assertThatThrownBy(() -> Rescales.create("q-labelled", Map.of("seed", 3)))
        .hasMessageContaining("no parameter 'seed'");
  }
}
