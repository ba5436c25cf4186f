package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.encoder.Backend.Gpu;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The decision, on cards made up for it: there need be none on the machine that builds. */
class BackendTest {
  @ParameterizedTest
  @CsvSource({
    "Tesla K40, 3, 5, false", "Tesla K80, 3, 7, true", "V100, 7, 0, true", "A100, 8, 0, true",
    "RTX 3090, 8, 6, true", "RTX 4090, 8, 9, true", "H100, 9, 0, false", "B200, 10, 0, false",
    "RTX 5090, 12, 0, false", "M2090, 2, 0, false"
  })
  void aCardThatThereIsNoCodeForIsRefused(String name, int major, int minor, boolean fits) {
    Backend backend = Backend.choose(true, List.of(gpu(name, major, minor)), 0, 100);
    assertThat(backend.cuda()).isEqualTo(fits);
    assertThat(backend.notice()).isEmpty();
    assertThat(backend.refusal().isEmpty()).isEqualTo(fits);
    backend
        .refusal()
        .ifPresent(
            line ->
                assertThat(line)
                    .startsWith("GPU 0, " + name + ": expected compute capability 3.7 to 8.x")
                    .contains("got " + major + "." + minor)
                    .contains("BACKEND_PRIORITY_CPU=100 BACKEND_PRIORITY_GPU=0")
                    .hasLineCount(1));
  }

  @Test
  void anyCardThatNd4jCouldStartOnIsLookedAt() {
    List<Gpu> mixed = List.of(gpu("A100", 8, 0), gpu("H100", 9, 0));
    assertThat(Backend.choose(true, mixed, 0, 100).refusal().orElseThrow())
        .startsWith("GPU 1, H100");
  }

  @Test
  void withoutACardTheCpuComputesAndOneLineSaysSo() {
    Backend backend = Backend.choose(true, List.of(), 0, 100);
    assertThat(backend.cuda()).isFalse();
    assertThat(backend.refusal()).isEmpty();
    assertThat(backend.notice()).hasValueSatisfying(line -> assertThat(line).hasLineCount(1));
  }

  @Test
  void whoAsksForTheCpuGetsItWithAnyCard() {
    assertThat(Backend.choose(true, List.of(gpu("H100", 9, 0)), 100, 0).refusal()).isEmpty();
    assertThat(Backend.choose(true, List.of(gpu("A100", 8, 0)), 100, 0).cuda()).isFalse();
    assertThat(Backend.choose(true, List.of(), 100, 0).notice()).isEmpty();
  }

  @Test
  void aBuildWithoutCudaSaysNothing() {
    for (List<Gpu> gpus : List.of(List.<Gpu>of(), List.of(gpu("H100", 9, 0)))) {
      Backend backend = Backend.choose(false, gpus, 0, 100);
      assertThat(backend.cuda()).isFalse();
      assertThat(backend.notice()).isEmpty();
      assertThat(backend.refusal()).isEmpty();
    }
  }

  @Test
  void aCardIsDescribedWithItsCapabilityAndMemory() {
    assertThat(gpu("A100", 8, 0).described()).isEqualTo("A100 (compute 8.0, 40.0 GiB)");
  }

  private static Gpu gpu(String name, int major, int minor) {
    return new Gpu(name, major, minor, 40L << 30);
  }
}
