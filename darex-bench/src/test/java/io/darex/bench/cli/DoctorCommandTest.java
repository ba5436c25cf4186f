package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.prune.DarexVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
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
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    for (String[] arguments :
        new String[][] {{"doctor", "--gpu"}, {"doctor", "--out", "gpu.json"}}) {
      err.reset();
      int code =
          Main.run(
              new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
              new PrintStream(err, true, StandardCharsets.UTF_8),
              arguments);
      assertThat(code).isEqualTo(2);
      assertThat(err.toString(StandardCharsets.UTF_8).lines()).hasSize(1);
    }
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("expected --gpu with --out");
  }

  private static String doctor(String... options) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] arguments = new String[options.length + 1];
    arguments[0] = "doctor";
    System.arraycopy(options, 0, arguments, 1, options.length);
    int code =
        Main.run(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            arguments);
    assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isZero();
    return out.toString(StandardCharsets.UTF_8);
  }
}
