package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.cli.Darex.Outcome;
import io.darex.prune.SparseDelta;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The command as a user drives it, on the real encoder. The runs are far too short to learn
 * anything; what they leave behind is what is tested.
 */
@TestMethodOrder(OrderAnnotation.class)
class MainTest {
  private static final String YAML =
      """
      task: agreement
      finetune: {limit: 32, epochs: 1, maxLength: 32}
      prune:
        mask: random
        dropRate: [0.5, 0.99]
        rescale: [inverse-keep-rate, q]
        q: 0.7
        seeds: 3
      """;

  @TempDir private static Path folder;
  private static Path config;
  private static Path out;

  @BeforeAll
  static void writeConfig() throws IOException {
    config = Files.writeString(folder.resolve("short.yml"), YAML);
    out = folder.resolve("out");
  }

  @Test
  @Order(1)
  void runLeavesATunedCheckpointDeltasResultsAndReports() throws IOException {
    Outcome outcome = Darex.run("run", config.toString(), "--out", out.toString());

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out())
        .doesNotStartWith("checkpoint") // the answer is above the table
        .containsPattern("\n\ncheckpoint +file +to dense +drop rate +dev +validation +seeds\n")
        .containsPattern("\ntuned +– +– +– +-?[0-9.]+ +-?[0-9.]+ +–\n")
        .containsPattern("\nq 0\\.7 +\\d+ KB +1 : 99 +0\\.99 ")
        .endsWith("\n\n" + out.resolve("report.html") + "\n");
    JsonNode results = new ObjectMapper().readTree(out.resolve("results.json").toFile());
    assertThat(results.at("/task").asText()).isEqualTo("agreement");
    assertThat(results.at("/encoder").asText()).isEqualTo("minilm-l6");
    assertThat(results.at("/optimizer").asText()).isEqualTo("adamr-l2");
    assertThat(results.at("/tuned/metric").asText()).isEqualTo("matthews_correlation");
    assertThat(results.at("/base/value").isNumber()).isTrue();
    assertThat(results.at("/baselines/majority/value").asDouble()).isZero();
    assertThat(results.at("/baselines/frozen/validation").isNumber()).isTrue();
    assertThat(results.at("/cells")).hasSize(4);
    for (JsonNode cell : results.at("/cells")) {
      Path delta = out.resolve(cell.get("file").asText());
      assertThat(Files.size(delta)).isEqualTo(cell.get("bytes").asLong());
      assertThat(cell.get("bytes").asLong()).isLessThan(cell.get("denseBytes").asLong());
      assertThat(cell.get("seed").asLong()).isEqualTo(3);
      boolean fixed = cell.at("/recipe/rescale").asText().equals("q");
      double dropRate = cell.get("dropRate").asDouble();
      assertThat(cell.get("q").asDouble()).isEqualTo(fixed ? 0.7 : 1 - dropRate);
    }
    assertThat(out.resolve("report.md"))
        .content()
        .containsPattern("\\| q 0\\.7 \\| \\d+ KB \\| 1 : 99 \\| 0\\.99 \\| 0\\.7000 \\|");
    assertThat(out.resolve("report.html")).content().contains("<svg xmlns=");
    assertThat(out.resolve("training")).doesNotExist();
  }

  @Test
  @Order(2)
  void runAgainReusesEverythingAndSaysSo() throws IOException {
    byte[] results = Files.readAllBytes(out.resolve("results.json"));

    Outcome outcome = Darex.run("run", config.toString(), "--out", out.toString(), "--json");

    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).isEqualTo(new String(results, StandardCharsets.UTF_8));
    assertThat(outcome.err())
        .contains("fine-tune: done already, reusing " + out.resolve("tuned"))
        .contains("prune: 4 of 4 cells were done already and are reused");
    assertThat(out.resolve("results.json")).hasBinaryContent(results);
  }

  @Test
  @Order(3)
  void aNewRateIsAddedToWhatIsDone() throws IOException {
    Path more = folder.resolve("more.yml");
    Files.writeString(more, YAML.replace("[0.5, 0.99]", "[0.9, 0.5]"));

    Outcome outcome = Darex.run("run", more.toString(), "--out", out.toString());

    assertThat(outcome.code()).isZero();
    assertThat(outcome.err()).contains("prune: 2 of 4 cells were done already");
    JsonNode results = new ObjectMapper().readTree(out.resolve("results.json").toFile());
    assertThat(results.at("/cells"))
        .extracting(cell -> cell.get("dropRate").asDouble())
        .containsExactly(0.9, 0.9, 0.5, 0.5);
  }

  @Test
  @Order(4)
  void anotherFinetuneIsRefusedUntilForced() throws IOException {
    Path other = folder.resolve("other.yml");
    Files.writeString(other, YAML.replace("limit: 32", "limit: 16"));

    Outcome outcome = Darex.run("run", other.toString(), "--out", out.toString());

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("belongs to another fine-tune").contains("--force");
  }

  @Test
  @Order(5)
  void applyMakesTheScoredCheckpointFromTheExportedBase() throws IOException {
    Path base = folder.resolve("base");
    Path pruned = folder.resolve("pruned");
    Path delta = out.resolve("deltas/0.5-q-0.7-3.safetensors");

    assertThat(Darex.run("encoder", "export", "minilm-l6", "--out", base.toString()).code())
        .isZero();
    Outcome outcome =
        Darex.run(
            "apply", "--base", base.toString(), "--delta", delta.toString(), "--out", pruned + "");

    assertThat(outcome.code()).as(outcome.err()).isZero();
    SparseDelta sparse = SparseDeltaFile.read(delta);
    String name = "bert.encoder.layer.3.output.dense.weight";
    float expected = sparse.applyTo(HuggingFaceFolder.open(base)).tensors().get(name).at(12345);
    assertThat(HuggingFaceFolder.open(pruned).tensors().get(name).at(12345)).isEqualTo(expected);
    assertThat(pruned.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(base.resolve("tokenizer.json"));
    assertThat(pruned.resolve("config.json")).content().contains("BertForSequenceClassification");

    Path tuned = out.resolve("tuned");
    Outcome wrong =
        Darex.run(
            "apply", "--base", tuned.toString(), "--delta", delta + "", "--out", folder + "/x");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).contains("wrong base").hasLineCount(1);
    assertThat(folder.resolve("x")).doesNotExist();

    Outcome again = Darex.run("encoder", "export", "minilm-l6", "--out", base.toString());
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains(base.toString()).contains("--force").hasLineCount(1);
  }

  @Test
  @Order(6)
  void severalSeedsAreSeveralRunsAndASummary() throws IOException {
    Path several = folder.resolve("several.yml");
    String yaml = YAML.replace("limit: 32", "limit: 32, seed: [0, -1]");
    Files.writeString(several, yaml.replace("[0.5, 0.99]", "0.5"));
    Path target = folder.resolve("several");

    Outcome alone = Darex.run("run", several.toString(), "--out", out.toString());
    assertThat(alone.code()).isEqualTo(2);
    assertThat(alone.err()).contains("several finetune.seed").hasLineCount(1);
    // A run of one seed alone is what the folder of that seed has.
    FileUtils.copyDirectory(out.toFile(), target.resolve("seed-0").toFile());
    Outcome outcome = Darex.run("run", several.toString(), "--out", target.toString());

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err())
        .contains("fine-tune: done already, reusing " + target.resolve("seed-0/tuned"))
        .contains("fine-tune 2 of 2: seed -1");
    JsonNode results = new ObjectMapper().readTree(target.resolve("results.json").toFile());
    double sum = 0;
    for (String seed : new String[] {"seed-0", "seed--1"}) {
      Path own = target.resolve(seed);
      assertThat(own.resolve("report.html")).exists();
      assertThat(own.resolve("tuned/model.safetensors")).exists();
      sum +=
          new ObjectMapper()
              .readTree(own.resolve("results.json").toFile())
              .at("/tuned/value")
              .asDouble();
    }
    assertThat(results.at("/unpruned/0/value/mean").asDouble()).isCloseTo(sum / 2, within(1e-12));
    assertThat(results.at("/finetunes").findValuesAsText("seed")).containsExactly("-1", "0");
    assertThat(results.at("/finetunes/0/tokensPerSecond").asDouble()).isPositive();
    assertThat(results.at("/pruned")).hasSize(2);
    assertThat(target.resolve("report.md")).content().contains("| -1 | seed--1 |");
  }

  @Test
  @Order(7)
  void ctrlCKeepsTheFinishedEpochAndExits130() throws Exception {
    Path endless = folder.resolve("endless.yml");
    Files.writeString(endless, YAML.replace("epochs: 1", "epochs: 100000"));
    Path target = folder.resolve("interrupted");
    Path err = folder.resolve("interrupted.err");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "run",
                endless.toString(),
                "--out",
                target.toString())
            .redirectError(err.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    for (int i = 0; i < 1200 && !Files.readString(err).contains("epoch 2/"); i++) {
      assertThat(process.isAlive()).as(Files.readString(err)).isTrue();
      Thread.sleep(100);
    }

    new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();

    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(130);
    assertThat(err).content().contains("interrupted; what was finished is in " + target);
    try (var epochs = Files.newDirectoryStream(target.resolve("training"), "epoch-?*")) {
      assertThat(epochs).isNotEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rum | unknown command 'rum': did you mean 'run'? (valid: run, sweep, ",
        "encoder lst | unknown command 'lst': did you mean 'list'? (valid: list, export)",
        "help nope | unknown command 'nope' (valid: run, ",
        "help run x | expected no command below 'darex run', got 'x'",
        "completion fish | SHELL: unknown value 'fish': did you mean 'bash'? (valid: bash, zsh)",
        "run | Missing required parameter: 'CONFIG'",
        "run nowhere.yml | nowhere.yml: expected a YAML file, got none there",
        "run ../configs/cola.yml | --glue DIR",
        "run ../configs/cola.yml --glue nowhere | nowhere",
        "run ../configs/quickstart.yml --fast | unknown option '--fast'",
        "run ../configs/quickstart.yml --forse | unknown option '--forse': did you mean '--force'?",
        "run ../configs/quickstart.yml more | expected no further argument, got 'more'",
        "prune --drop-rat 0.9 --out x | unknown option '--drop-rat': did you mean '--drop-rate'?",
        "evaluate --model x --task agrement | unknown task 'agrement': did you mean 'agreement'?",
        "evaluate --model x --task cola --split deb | --split: unknown value 'deb': did you mean",
        "evaluate --model x --task cola --seed a | --seed: expected a whole number, got 'a'",
        "select --base x --tuned x --tolerance a | --tolerance: expected a number, got 'a'",
        "prune --base minilm-l6 --tuned x | Missing required option: '--out=FILE'",
        "prune --out x --q 0.5 --q 0.6 | option '--q' (X) should be specified only once",
        "encoder export minilm --out x | unknown encoder 'minilm': did you mean 'minilm-l6'?",
        "apply --base nowhere --delta nowhere --out x | nowhere",
      })
  void badInputIsOneLineAndExitCode2(String command, String message) {
    Outcome outcome = Darex.run((Object[]) command.split(" "));

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).startsWith("darex: ").contains(message).doesNotContain("\tat ");
    assertThat(outcome.err().lines().filter(line -> !line.startsWith("Try "))).hasSize(1);
  }

  @Test
  void helpGoesToStandardOutputWithAnExample() {
    for (String command : new String[] {"run", "apply", "encoder"}) {
      Outcome outcome = Darex.run(command, "--help");
      assertThat(outcome.code()).isZero();
      assertThat(outcome.out()).contains("Example: darex " + command);
      assertThat(outcome.err()).isEmpty();
    }
  }
}
