package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.cli.Darex.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drop rates of single tensors on the command line. */
class BudgetCommandTest {
  @TempDir private Path folder;
  private Pair pair;

  @BeforeEach
  void writePair() throws IOException {
    pair = Pair.in(folder, OptionalLong.empty());
  }

  private Outcome prune(String... options) {
    return Darex.run(
        Stream.concat(
                Stream.of("prune", "--base", pair.base(), "--tuned", pair.tuned(), "--out", out()),
                Stream.of(options))
            .toArray());
  }

  private Path out() {
    return folder.resolve("out.safetensors");
  }

  @Test
  void spreadsABudgetOverTheTensors() throws IOException {
    ObjectMapper json = new ObjectMapper();
    assertThat(prune("--mask", "random", "--budget", "variance", "--drop-rate", "0.9").code())
        .isZero();
    JsonNode read = json.readTree(Darex.run("inspect", out(), "--json").out());
    double kept = 0;
    for (JsonNode tensor : read.at("/pruned")) {
      double dropRate = read.at("/mask/dropRate").get(tensor.get("name").asText()).asDouble();
      assertThat(tensor.get("q").asDouble()).isEqualTo(1 - dropRate);
      double entries = 1;
      for (JsonNode size : tensor.get("shape")) {
        entries *= size.asDouble();
      }
      kept += entries * (1 - dropRate);
    }
    assertThat(kept).isCloseTo(3564.8, within(0.1));
    assertThat(read.at("/mask/overall").asDouble()).isEqualTo(0.9);
    assertThat(json.readTree(read.at("/job").asText()).at("/recipe/budget").asText())
        .isEqualTo("variance");
    assertThat(Darex.run("inspect", out()).out())
        .contains("mask    random, dropRate of each tensor (--json), overall 0.9, seed 42");
    Outcome uniform =
        prune("--mask", "random", "--budget", "uniform", "--drop-rate", "0.9", "--force");
    assertThat(uniform.code()).isZero();
    read = json.readTree(Darex.run("inspect", out(), "--json").out());
    assertThat(read.at("/mask/dropRate").asDouble()).isEqualTo(0.9);
    assertThat(json.readTree(read.at("/job").asText()).at("/recipe/budget").asText())
        .isEqualTo("uniform");
  }
}
