package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.encoder.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code darex evaluate} by every engine, precision and way of computing. */
class EvaluateEngineTest {
  @TempDir private static Path folder;
  private static EvaluatedModels models;

  @BeforeAll
  static void write() throws IOException {
    models = new EvaluatedModels(folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"columns.safetensors", "d.safetensors"})
  void aDeltaBesideItsBasePredictsAsTheMergedModelAndSaysWhatItSaved(String delta)
      throws IOException {
    Path file = folder.resolve("beside.tsv");
    String[] options = {"--delta", folder + "/" + delta, "--predictions", "" + file};
    models.text(
        "glue/SST-2/dev.tsv",
        "sentence\tlabel\n"
            + Stream.of("One.", "Birds sing.", "He is the man.", "Who?", "Is it?", "We are.")
                .map(text -> text + "\t1\n")
                .collect(Collectors.joining()));
    Outcome merged = models.evaluate("base", "sst-2", options);
    assertThat(merged.code()).as(merged.err()).isZero();
    assertThat(merged.out()).doesNotContain("beside");
    String expected = Files.readString(file);
    assertThat(expected).contains("\t1\t1\n");

    String[] beside =
        Stream.concat(Stream.of("--beside"), Stream.of(options)).toArray(String[]::new);
    Outcome outcome = models.evaluate("base", "sst-2", beside);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(file).hasContent(expected);
    assertThat(outcome.out())
        .contains("6 examples")
        .containsPattern(
            "delta beside the base: \\d+\\.\\d\\d % of its multiply-adds skipped, \\d+ of \\d+"
                + " done\n"
                + "$");

    String[] inJson = Stream.concat(Stream.of("--json"), Stream.of(beside)).toArray(String[]::new);
    JsonNode saved =
        new ObjectMapper().readTree(models.evaluate("base", "sst-2", inJson).out()).at("/beside");
    long dense = saved.at("/multiplyAddsDense").asLong();
    long kept = saved.at("/multiplyAdds").asLong();
    assertThat(kept).isPositive().isLessThan(dense);
    assertThat(saved.at("/skipped").asDouble()).isEqualTo(1 - (double) kept / dense);
  }

  @Test
  void onlyADeltaOfTheBaseGoesBesideIt() {
    models.refused(
        "--beside: expected a sparse delta as --delta with it, got none",
        "base",
        "cola",
        "--beside");
    models.refused(
        "wrong base", "tuned", "cola", "--beside", "--delta", folder + "/columns.safetensors");
  }

  @Test
  @Tag("torch")
  void everyEnginePredictsTheSameOrSaysWhyItCannot() throws IOException {
    Path file = folder.resolve("engine.tsv");
    String delta = folder + "/columns.safetensors";
    String[] options = {"--delta", delta, "--predictions", "" + file, "--engine"};
    models.evaluate("base", "cola", with(options, "auto"));
    String expected = Files.readString(file);
    for (Engine engine : List.of(Engine.DIRECT, Engine.SAMEDIFF, Engine.TORCH)) {
      Optional<String> missing = engine.missing();
      if (missing.isPresent()) {
        String line = "engine " + engine + ": " + missing.get();
        models.refused(line, "base", "cola", with(options, engine.toString()));
      } else {
        Files.delete(file);
        Outcome outcome = models.evaluate("base", "cola", with(options, engine.toString()));
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(file).hasContent(expected);
      }
    }
    models.refused(
        "the SameDiff engine keeps no delta beside its weights",
        "base",
        "cola",
        "--delta",
        delta,
        "--beside",
        "--engine",
        "samediff");
  }

  @Test
  @Tag("torch")
  void halfPrecisionScoresTheSameOrSaysWhyItCannot() throws IOException {
    models.refused(
        "precision bf16: expected engine torch with it, got auto",
        "tuned",
        "cola",
        "--precision",
        "bf16");
    models.refused(
        "device cuda:0: expected engine torch with it", "tuned", "cola", "--device", "cuda:0");
    assertThat(models.evaluate("tuned", "cola", "--device", "gpu").err())
        .startsWith("darex: --device: expected auto, cpu or cuda:N, got 'gpu'");
    if (Engine.TORCH.missing().isEmpty()) {
      Outcome full = models.evaluate("tuned", "cola", "--json", "--engine", "torch");
      Outcome half =
          models.evaluate("tuned", "cola", "--json", "--engine", "torch", "--precision", "bf16");
      assertThat(half.code()).as(half.err()).isZero();
      ObjectMapper json = new ObjectMapper();
      assertThat(json.readTree(half.out()).at("/parts/0/metrics"))
          .isNotEmpty()
          .isEqualTo(json.readTree(full.out()).at("/parts/0/metrics"));
    }
  }

  private static String[] with(String[] options, String last) {
    return Stream.concat(Stream.of(options), Stream.of(last)).toArray(String[]::new);
  }
}
