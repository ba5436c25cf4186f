package io.darex.bench.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.bench.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunConfigTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"quickstart", "cola"})
  void everyExampleOfTheRepositoryIsRead(String name) {
    RunConfig config = RunConfig.read(Path.of("..", "configs", name + ".yml"));

    assertThat(config.name()).isEqualTo(name);
    assertThat(config.prune().dropRates()).containsExactly(0.9, 0.99, 0.999);
    assertThat(config.finetune().optimizer()).isEqualTo("adamr-l2");
  }

  @Test
  void valuesAndListsAreTheSameAxis() throws IOException {
    RunConfig config =
        read("task: cola\nprune:\n  dropRate: 0.5\n  rescale: q\n  q: 1e-1\n  seeds: [7, -3]\n");

    assertThat(config.prune().dropRates()).containsExactly(0.5);
    assertThat(config.prune().q()).isEqualTo(0.1);
    assertThat(config.prune().seeds()).isEqualTo(List.of(7L, -3L));
    assertThat(config.encoder()).isEqualTo("minilm-l6");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "task: colla|1: task: unknown value 'colla': did you mean 'cola'?",
        "encoder: minilm-l6|1: expected the key 'task', one of ",
        "\"task: cola\nencoder: minilm\"|2: encoder: unknown value 'minilm': did you mean 'minilm-l6'?",
        "\"task: cola\nprun: {}\"|2: prun: unknown key 'prun': did you mean 'prune'?",
        "\"task: cola\nfinetune:\n  epochs: 0\"|3: finetune.epochs: expected a whole number from 1 to",
        "\"task: cola\nfinetune:\n  epochs: 1.5\"|3: finetune.epochs: expected a whole number from 1 to",
        "\"task: cola\nfinetune:\n  lambda: -1\"|3: finetune.lambda: expected a number of at least 0, got -1",
        "\"task: cola\nfinetune:\n  optimizer: adam\n  lambda: 1\"|4: finetune.lambda: expected no lambda with",
        "\"task: cola\nprune:\n  dropRate: [0.9, 1.0]\"|3: prune.dropRate.1: expected a number in [0, 1), got 1.0",
        "\"task: cola\nprune:\n  dropRate:\n  - 0.9\n  - -0.1\"|5: prune.dropRate.1: expected a number in [0, 1), got -0.1",
        "\"task: cola\nprune:\n  rescale: q\"|3: prune.rescale: expected a key 'q' beside",
        "\"task: cola\nprune:\n  rescale: q\n  q: 0\"|4: prune.q: expected a number in (0, 1], got 0",
        "\"task: cola\nprune:\n  q: 0.1\"|3: prune.q: expected the rescale q beside",
        "\"task: cola\nprune:\n  rescale: q-labeled\"|3: prune.rescale: unknown value 'q-labeled': did you mean 'q-labelled'?",
        "\"task: cola\nprune:\n  seeds: []\"|3: prune.seeds: expected at least one value, got []",
        "\"task: cola\nprune:\n  seeds: [1, 1]\"|3: prune.seeds.1: expected each value once, got 1",
        "\"task: cola\nprune: 3\"|2: prune: expected a mapping of keys to values, got 3",
        "\"task: cola\ntask: rte\"|2: expected YAML: Duplicate field 'task'",
        "\"task: [cola\"|1: expected YAML: ",
        "just text|1: expected a mapping of keys to values, got ",
      })
  void errorsAreOneLineWithFileLineAndWhatWasExpected(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("test.yml:" + message)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @Test
  void missingFileIsNamed() {
    Path missing = folder.resolve("missing.yml");
    assertThatThrownBy(() -> RunConfig.read(missing))
        .isInstanceOf(BadInputException.class)
        .hasMessage(missing + ": expected a YAML file, found none there");
  }

  private RunConfig read(String yaml) throws IOException {
    return RunConfig.read(Files.writeString(folder.resolve("test.yml"), yaml));
  }
}
