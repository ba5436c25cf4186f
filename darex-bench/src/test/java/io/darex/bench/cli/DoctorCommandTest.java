package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.cli.Darex.Outcome;
import io.darex.prune.DarexVersion;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
  @Test
  void tellsWhatThereIs() throws IOException {
    JsonNode facts = new ObjectMapper().readTree(doctor("--json"));
    assertThat(facts.at("/darex").asText()).isEqualTo(DarexVersion.text());
    assertThat(facts.at("/java").asText()).startsWith(System.getProperty("java.version"));
    assertThat(facts.at("/nd4j").asText()).startsWith("1.0.0");
    assertThat(facts.at("/backend").asText()).isEqualTo("CpuBackend");
    assertThat(facts.at("/gpus").isArray()).isTrue();
    assertThat(facts.at("/blas").asText()).isNotBlank().isNotEqualTo("null");
    assertThat(facts.at("/engines/0").asText()).isEqualTo("direct");
    assertThat(facts.at("/engines/1").asText()).isEqualTo("samediff");
    assertThat(facts.at("/engines/2").asText()).startsWith("torch");
    assertThat(facts.at("/engineAuto").asText())
        .isEqualTo("direct, as ND4J computes on the processor");
    assertThat(facts.at("/vectorModule").isBoolean()).isTrue();
    // Set by the build for every test.
    assertThat(facts.at("/OMP_WAIT_POLICY").asText()).isEqualTo("PASSIVE");
    for (String count : new String[] {"processors", "ompThreads", "blasThreads"}) {
      assertThat(facts.get(count).asInt()).as(count).isPositive();
    }
    for (String bytes : new String[] {"heapLimit", "nativeLimit", "hostMemory", "diskFree"}) {
      assertThat(facts.get(bytes + "Bytes").asLong()).as(bytes).isPositive();
    }
  }

  @Test
  void printsALineForEachFact() {
    assertThat(doctor().lines())
        .anySatisfy(line -> assertThat(line).matches("backend +CpuBackend"))
        .anySatisfy(line -> assertThat(line).matches("gpus +none"))
        .anySatisfy(line -> assertThat(line).matches("hostMemory +\\d+\\.\\d GiB"));
  }

  @Test
  void withoutACardItsTestIsOneLine() {
    for (Object[] arguments :
        new Object[][] {{"doctor", "--gpu"}, {"doctor", "--out", "gpu.json"}}) {
      Outcome outcome = Darex.run(arguments);
      assertThat(outcome.code()).isEqualTo(2);
      assertThat(outcome.err().lines()).hasSize(1);
    }
    assertThat(Darex.run("doctor", "--out", "gpu.json").err())
        .contains("expected --gpu with --out");
  }

  private static String doctor(Object... options) {
    Outcome outcome = Darex.run(Stream.concat(Stream.of("doctor"), Stream.of(options)).toArray());
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return outcome.out();
  }
}
