package io.darex.bench.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.darex.bench.console.BadInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configurations that are refused, and in which words. */
@SuppressWarnings("StringConcatToTextBlock") // a case is one text with what it must lead to
class RunConfigFaultsTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "task: colla|1: task: unknown value 'colla': did you mean 'cola'?",
        "encoder: minilm-l6|1: expected the key 'task', one of ",
        "\"task: cola\n"
            + "encoder: minilm\"|2: encoder: unknown value 'minilm': did you mean 'minilm-l6'?",
        "\"task: cola\nengine: tourch\"|2: engine: unknown value 'tourch': did you mean 'torch'?",
        "\"task: cola\nprun: {}\"|2: prun: unknown key 'prun': did you mean 'prune'?",
        "\"task: cola\n"
            + "finetune:\n"
            + "  epochs: 0\"|3: finetune.epochs: expected a whole number from 1 to",
        "\"task: cola\n"
            + "finetune:\n"
            + "  epochs: 1.5\"|3: finetune.epochs: expected a whole number from 1 to",
        "\"task: cola\n"
            + "finetune:\n"
            + "  seed: [1, 1]\"|3: finetune.seed.1: expected each value once, got 1",
        "\"task: cola\n"
            + "finetune:\n"
            + "  patience: -1\"|3: finetune.patience: expected a whole number from 0 to",
        "\"task: cola\n"
            + "finetune:\n"
            + "  lambda: -1\"|3: finetune.lambda: expected a number of at least 0, got -1",
        "\"task: cola\n"
            + "finetune:\n"
            + "  optimizer: adam\n"
            + "  lambda: 1\"|4: finetune.lambda: expected no lambda with",
        "\"task: cola\n"
            + "prune:\n"
            + "  dropRate: [0.9, 1.0]\"|3: prune.dropRate.1: expected a number in [0, 1), got 1.0",
        "\"task: cola\n"
            + "prune:\n"
            + "  dropRate:\n"
            + "  - 0.9\n"
            + "  - -0.1\"|5: prune.dropRate.1: expected a number in [0, 1), got -0.1",
        "\"task: cola\nprune:\n  rescale: q\"|3: prune.rescale: expected a key 'q' beside",
        "\"task: cola\n"
            + "prune:\n"
            + "  rescale: q\n"
            + "  q: 0\"|4: prune.q: expected a number in (0, 1], got 0",
        "\"task: cola\n"
            + "prune:\n"
            + "  rescale: none\n"
            + "  q: 0.1\"|4: prune.q: expected rescale q beside this key",
        "\"task: cola\n"
            + "prune:\n"
            + "  bytes: 1MB\n"
            + "  dropRate: 0.9\"|3: prune.bytes: expected either bytes or dropRate, not both",
        "\"task: cola\n"
            + "prune:\n"
            + "  rescale: q-labeled\"|3: prune.rescale: unknown value 'q-labeled': did you mean"
            + " 'q-labelled'?",
        "\"task: cola\nprune:\n  seeds: []\"|3: prune.seeds: expected at least one value, got []",
        "\"task: cola\nprune:\n  seeds: [1, 1]\"|3: prune.seeds.1: expected each value once, got 1",
        "\"task: cola\n"
            + "prune:\n"
            + "  group: 100\"|3: prune.group: expected mask stratified beside this key",
        "\"task: cola\n"
            + "prune: []\"|2: prune: expected at least one mapping of keys to values, got []",
        "\"task: cola\nprune: 3\"|2: prune: expected a mapping of keys to values, got 3",
        "\"task: cola\ntask: rte\"|2: expected YAML: Duplicate field 'task'",
        "\"task: [cola\"|1: expected YAML: ",
        "just text|1: expected a mapping of keys to values, got ",
      })
  void errorsAreOneLineWithFileLineAndWhatWasExpected(String yaml, String message) {
    assertRefused(yaml, message);
  }

  /** A token costs SnakeYAML the square of its length: 4 MB took 40 seconds. */
  @Test
  void aVeryLongLineIsRefusedAtOnceAndManyLinesAreRead() throws IOException {
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> {
          for (String line : List.of("# " + "x".repeat(4 << 20), "task: " + "y".repeat(4 << 20))) {
            assertThatThrownBy(() -> read("encoder: minilm-l6\n" + line + "\n"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("test.yml:2: expected a line of at most 65536 characters");
          }
          assertThat(read("task: cola\n" + "# a comment\n".repeat(1 << 18)).task().name())
              .isEqualTo("cola");
          assertThatThrownBy(() -> read("task: " + "y".repeat(1 << 19)))
              .isInstanceOf(BadInputException.class)
              .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1 << 20));
        });
    assertThatThrownBy(() -> read("#\n".repeat(9 << 20)))
        .hasMessageContaining("expected a YAML file of at most 16 MiB");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "\"task: cola\n---\ntask: rte\"|3: expected one YAML document, got a second one",
        "\"task: cola\n"
            + "encoder: &e minilm-l6\n"
            + "tuned: *e\"|3: expected the value itself, for aliases",
        "\"task: cola\n"
            + "prune:\n"
            + "  dropRate: 99\"|3: prune.dropRate: expected a number in [0, 1), got 99: did you"
            + " mean 0.99?",
        "\"task: cola\n"
            + "prune:\n"
            + "  dropRate: [0.5, 99.9%]\"|3: prune.dropRate.1: expected a number in [0, 1), got"
            + " \"99.9%\": did you mean 0.999?",
        "\"task: cola\n"
            + "prune:\n"
            + "  dropRate: 1\"|3: prune.dropRate: expected a number in [0, 1), got 1",
        "\"task: cola\n"
            + "prune:\n"
            + "  dropRate: no\"|3: prune.dropRate: expected a number in [0, 1), got no",
        "\"task: cola\n"
            + "encoder: models/bert\"|2: encoder: expected a Hugging Face folder, beside this file"
            + " unless",
        "\"task: cola\n"
            + "encoder: src\"|2: encoder: expected a Hugging Face folder, beside this file unless",
        "\"task: cola\n"
            + "tuned: src\"|2: tuned: expected the folder of a run or a Hugging Face folder, beside"
            + " this",
      })
  void whatWasPassedOverOrMisleadIsSaid(String yaml, String message) {
    assertRefused(yaml, message);
  }

  @Test
  void otherBytesThanUtf8AreRefused() throws IOException {
    Path file = folder.resolve("latin.yml");
    Files.write(file, "task: Ça".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> RunConfig.read(file))
        .isInstanceOf(BadInputException.class)
        .hasMessage(file + ": expected UTF-8, got other bytes");
  }

  @Test
  void whatAMaskNeedsIsSaid() {
    for (String prune : List.of("{mask: stratified}", "{mask: stratified, rescale: none}")) {
      assertThatThrownBy(() -> read("task: cola\nprune: " + prune + "\n"))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("mask stratified needs a parameter 'group'");
    }
  }

  @Test
  void missingFileIsNamed() {
    Path missing = folder.resolve("missing.yml");
    assertThatThrownBy(() -> RunConfig.read(missing))
        .isInstanceOf(BadInputException.class)
        .hasMessage(missing + ": expected a YAML file, got none there");
  }

  private void assertRefused(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("test.yml:" + message)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  private RunConfig read(String yaml) throws IOException {
    return RunConfig.read(Files.writeString(folder.resolve("test.yml"), yaml));
  }
}
