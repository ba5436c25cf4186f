package io.darex.bench.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import io.darex.bench.config.RunConfig;
import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.Device;
import io.darex.bench.encoder.Engine;
import io.darex.bench.encoder.EngineChoice;
import io.darex.bench.encoder.Precision;
import io.darex.bench.report.CandidateResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@SuppressWarnings("StringConcatToTextBlock") // a case is one text with what it must lead to
class SweepConfigTest {
  private static final String RANDOM =
      """
      task: cola
      finetune:
        optimizer: [adamr-l2, adamr-l1]
        lambda: {loguniform: [1e-6, 1e-1]}
        epochs: {int: [2, 5]}
        warmup: {uniform: [0, 0.5]}
      prune: {mask: random, dropRate: {choice: [0.9, 0.99]}, seeds: [0, 1]}
      sweep: {candidates: COUNT, seed: SEED}
      """;

  @TempDir private Path folder;

  private SweepConfig read(String yaml) throws IOException {
    return SweepConfig.read(Files.writeString(folder.resolve("test.yml"), yaml), OptionalInt.of(4));
  }

  private List<List<JsonNode>> random(int count, int seed) throws IOException {
    return read(RANDOM.replace("COUNT", count + "").replace("SEED", seed + "")).foreseeable();
  }

  @ParameterizedTest
  @CsvSource({"lambda-penalty-cola, 14", "genetic, 40"})
  void everyExampleOfTheRepositoryIsRead(String name, int candidates) {
    SweepConfig config = SweepConfig.read(Path.of("..", "configs", "sweep", name + ".yml"));

    assertThat(config.name()).isEqualTo(name);
    assertThat(config.candidates()).isEqualTo(candidates);
    assertThat(config.axes()).extracting(Axis::name).contains("finetune.lambda");
  }

  /** It prunes what the quickstart leaves, which a checkout does not have. */
  @Test
  void theExampleOfAPairIsReadWhereThereIsOne() throws IOException {
    String yaml = Files.readString(Path.of("..", "configs", "sweep", "prune-pair.yml"));

    SweepConfig config = read(yaml.replace("../../out/quickstart", folder.toString()));

    assertThat(config.candidates()).isEqualTo(63);
    assertThat(config.goal().objectives())
        .containsExactly(CandidateResult.PRUNED, CandidateResult.BYTES);
    assertThatThrownBy(() -> read(yaml.replace("../../out/quickstart", "nowhere")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("tuned: expected the folder of a run or a Hugging Face folder");
  }

  @Test
  void candidateIsAFunctionOfSeedAndNumber() throws IOException {
    List<List<JsonNode>> fifty = random(50, 7);

    assertThat(fifty).hasSize(50);
    assertThat(random(25, 7)).isEqualTo(fifty.subList(0, 25));
    assertThat(random(50, 8)).isNotEqualTo(fifty);
    Set<JsonNode> optimizers = new HashSet<>();
    int small = 0;
    for (List<JsonNode> values : fifty) {
      optimizers.add(values.get(0));
      assertThat(values.get(1).doubleValue()).isBetween(1e-6, 1e-1);
      assertThat(values.get(2).isInt()).isTrue();
      assertThat(values.get(2).intValue()).isBetween(2, 5);
      assertThat(values.get(3).doubleValue()).isBetween(0.0, 0.5);
      small += values.get(1).doubleValue() < 3.162e-4 ? 1 : 0;
    }
    assertThat(optimizers).hasSize(2);
    // Half of a logarithmic range lies below its geometric mean; 50 coins are hardly ever farther.
    assertThat(small).isBetween(10, 40);
  }

  @Test
  void aGridIsEveryCombinationOnceWithTheEndsOfRanges() throws IOException {
    SweepConfig config =
        read(
            """
            task: cola
            finetune: {lambda: {loguniform: [1e-5, 1e-1]}, epochs: {int: [3, 5]}}
            prune: {rescale: [inverse-keep-rate, none], dropRate: {uniform: [0.5, 0.9]}, mask: [random]}
            sweep: {search: grid, points: 3}
            """);
    List<List<JsonNode>> all = config.foreseeable();

    assertThat(config.candidates()).isEqualTo(3 * 3 * 2 * 3);
    assertThat(new HashSet<>(all)).hasSize(54).hasSameSizeAs(all);
    for (int axis = 0; axis < 4; axis++) {
      Set<String> seen = new HashSet<>();
      for (List<JsonNode> values : all) {
        seen.add(values.get(axis).asText());
      }
      List<List<String>> expected =
          List.of(
              List.of("1.0E-5", "0.001", "0.1"),
              List.of("3", "4", "5"),
              List.of("inverse-keep-rate", "none"),
              List.of("0.5", "0.7", "0.9"));
      assertThat(seen).containsExactlyInAnyOrderElementsOf(expected.get(axis));
    }
    assertThat(config.run(all.get(0)).prune().methods()).hasSize(1);
  }

  @Test
  void aCandidatesFileIsReadByRunAsTheSweepDid() throws IOException {
    SweepConfig config = read(RANDOM.replace("COUNT", "9").replace("SEED", "1"));
    for (List<JsonNode> values : config.foreseeable()) {
      Path file = Files.writeString(folder.resolve("candidate.yml"), config.yaml(values));
      RunConfig run = RunConfig.read(file);
      assertThat(run.finetunes()).isEqualTo(config.run(values).finetunes());
      assertThat(run.prune()).isEqualTo(config.run(values).prune());
      assertThat(run.prune().methods().get(0).seeds()).containsExactly(0L, 1L);
    }
  }

  /** A candidate's file lies in another folder than the sweep's. */
  @Test
  void aCandidatesFileNamesWhatLiesBesideTheSweeps() throws IOException {
    Files.createDirectories(folder.resolve("enc"));
    Files.createDirectories(folder.resolve("tuned"));
    Files.writeString(folder.resolve("q.yml"), "fallback: 0.25\n");
    SweepConfig config =
        read(
            """
            task: {train: t.tsv, dev: d.tsv, text: 0, label: 1, header: no, labels: [no, 00, 1e3]}
            encoder: {choice: [minilm-l6, enc]}
            tuned: tuned
            prune: {dropRate: [0.5, 0.9], rescale: q, qFile: q.yml}
            sweep: {search: grid}
            """);
    Path elsewhere = Files.createDirectories(folder.resolve("out").resolve("candidates"));
    for (List<JsonNode> values : config.foreseeable()) {
      Path file = Files.writeString(elsewhere.resolve("0.yml"), config.yaml(values));
      RunConfig run = RunConfig.read(file);
      assertThat(run.tuned()).contains(folder.resolve("tuned"));
      assertThat(run.task()).isEqualTo(config.run(values).task());
      assertThat(run.task().labels()).containsExactly("no", "00", "1e3");
      assertThat(run.prune()).isEqualTo(config.run(values).prune());
      assertThat(run.encoderFolder()).isEqualTo(config.run(values).encoderFolder());
    }
  }

  /** How a number is written is no other sweep: journals of older versions go on. */
  @Test
  void theDigestDoesNotDependOnHowANumberIsWritten() throws IOException {
    String written =
        "task: cola\nfinetune: {learningRate: 1.0e-4, epochs: [1, 2]}\nsweep: {search: grid}";
    assertThat(read(written).digest())
        .isEqualTo("36c09a2a4619329900d66aa5e5ec7fa411ff80f802aa3ad7e202df96eed27fef")
        .isEqualTo(read(written.replace("1.0e-4", "0.0001")).digest());
  }

  @Test
  void moreCandidatesThanAnybodyWaitsForAreRefusedAtOnce() {
    String yaml =
        "task: cola\nfinetune: {lambda: {uniform: [0, 1]}}\nsweep: {candidates: 2147483647}";
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            assertThatThrownBy(() -> read(yaml))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining(
                    "3: sweep.candidates: expected a whole number from 1 to 100000"));
  }

  @Test
  void theDigestIsThatOfWhatDeterminesCandidates() throws IOException {
    String yaml = RANDOM.replace("COUNT", "25").replace("SEED", "1");
    String digest = read(yaml).digest();

    assertThat(read(yaml.replace("25", "50, minutes: 3, objective: bytes, parallel: 2")).digest())
        .isEqualTo(digest);
    List<String> others = new ArrayList<>();
    others.add(yaml.replace("seed: 1", "seed: 2"));
    others.add(yaml.replace("1e-6", "1e-7"));
    others.add(yaml.replace("[0, 1]", "[0, 2]"));
    others.add(yaml.replace("seed: 1", "seed: 1, search: genetic"));
    for (String other : others) {
      assertThat(read(other).digest()).isNotEqualTo(digest);
    }
  }

  @Test
  void anotherEngineThanTheFileSaysIsEveryCandidatesAndAnotherSweep() throws IOException {
    SweepConfig file = read("task: cola\nfinetune: {epochs: [1, 2]}\nsweep: {search: grid}\n");
    SortedMap<String, String> said = new TreeMap<>(Map.of("engine", "torch", "device", "cpu"));
    SweepConfig named = file.with(said);
    assertThat(file.engine()).isEmpty();
    assertThat(named.engine()).isEqualTo(said);
    assertThat(named.foreseeable()).isEqualTo(file.foreseeable()).hasSize(2);
    for (List<JsonNode> candidate : named.foreseeable()) {
      assertThat(named.run(candidate).engine())
          .isEqualTo(new EngineChoice(Engine.TORCH, Device.CPU, Precision.F32));
    }
    assertThat(named.digest()).isNotEqualTo(file.digest());
    assertThat(named.with(said).digest()).isEqualTo(named.digest());
  }

  @Test
  void threadsTimesParallelIsWithinTheProcessorsUnlessAsked() throws IOException {
    String yaml = "task: cola\nfinetune: {epochs: [1, 2]}\nsweep: {search: grid%s}";

    assertThat(read(yaml.formatted("")).threads()).isEqualTo(4);
    assertThat(read(yaml.formatted(", parallel: 3")).threads()).isEqualTo(1);
    assertThat(read(yaml.formatted(", parallel: 2")).threads()).isEqualTo(2);
    assertThat(read(yaml.formatted(", parallel: 8, threads: 4")).parallel(4)).isEqualTo(8);
    assertThatThrownBy(() -> read(yaml.formatted(", parallel: 5")))
        .hasMessageContaining("sweep.parallel: expected at most 4, the processors there are");
  }

  @Test
  void aClusterTakesAsManyCandidatesAsItHasRoomForUnlessTheyDependOnIt() throws IOException {
    String yaml = "task: cola\nfinetune: {epochs: [1, 2]}\nsweep: {search: %s}";
    Path file = folder.resolve("cluster.yml");

    Files.writeString(file, yaml.formatted("grid, parallel: 500"));
    assertThat(SweepConfig.readForCluster(file).parallel(7)).isEqualTo(500);
    assertThat(SweepConfig.readForCluster(file).threads()).isEqualTo(1);
    Files.writeString(file, yaml.formatted("grid"));
    assertThat(SweepConfig.readForCluster(file).parallel(7)).isEqualTo(7);
    Files.writeString(file, yaml.formatted("genetic, candidates: 9"));
    assertThat(SweepConfig.readForCluster(file).parallel(7)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "\"task: cola\"|1: expected a section 'sweep'",
        "\"task: cola\nsweep: {candidates: 3}\"|2: sweep: expected at least one key with a space",
        "\"task: cola\n"
            + "finetune:\n"
            + "  lamda: {uniform: [0, 1]}\n"
            + "sweep: {candidates: 3}\"|3: finetune.lamda: unknown key 'lamda': did you mean"
            + " 'lambda'?",
        "\"task: cola\n"
            + "finetune:\n"
            + "  lambda: {uniform: [1, 1]}\n"
            + "sweep: {candidates: 3}\"|3: finetune.lambda.uniform: expected two numbers, the"
            + " smaller first, got [1,1]",
        "\"task: cola\n"
            + "finetune:\n"
            + "  lambda: {uniform: [2, 1]}\n"
            + "sweep: {candidates: 3}\"|3: finetune.lambda.uniform: expected two numbers, the"
            + " smaller first, got [2,1]",
        "\"task: cola\n"
            + "finetune:\n"
            + "  lambda: {uniform: [1]}\n"
            + "sweep: {candidates: 3}\"|3: finetune.lambda.uniform: expected two numbers",
        "\"task: cola\n"
            + "finetune:\n"
            + "  lambda: {uniform: [a, b]}\n"
            + "sweep: {candidates: 3}\"|3: finetune.lambda.uniform: expected two numbers",
        "\"task: cola\n"
            + "finetune:\n"
            + "  lambda: {loguniform: [0, 1]}\n"
            + "sweep: {candidates: 3}\"|3: finetune.lambda.loguniform: expected two numbers above"
            + " 0",
        "\"task: cola\n"
            + "finetune:\n"
            + "  lambda: {uniform: [-1, 1]}\n"
            + "sweep: {candidates: 3}\"|3: finetune.lambda: expected a number of at least 0, got"
            + " -1.0",
        "\"task: cola\n"
            + "finetune:\n"
            + "  epochs: {uniform: [1, 3.5]}\n"
            + "sweep: {candidates: 3}\"|3: finetune.epochs: expected a whole number",
        "\"task: cola\n"
            + "finetune:\n"
            + "  epochs: {int: [1, 3.5]}\n"
            + "sweep: {candidates: 3}\"|3: finetune.epochs.int: expected two whole numbers",
        "\"task: cola\n"
            + "finetune:\n"
            + "  epochs: {choice: [1]}\n"
            + "sweep: {candidates: 3}\"|3: finetune.epochs.choice: expected a list of at least two"
            + " values",
        "\"task: cola\n"
            + "finetune:\n"
            + "  epochs: [2, 3, 2]\n"
            + "sweep: {candidates: 3}\"|3: finetune.epochs.2: expected each value once, got 2",
        "\"task: cola\n"
            + "prune:\n"
            + "  mask: [random, magnitud]\n"
            + "sweep: {search: grid}\"|3: prune.mask: unknown value 'magnitud': did you mean"
            + " 'magnitude'?",
        "\"task: cola\n"
            + "finetune:\n"
            + "  optimizer: [adamr-l2, adam]\n"
            + "  lambda: 1\n"
            + "sweep: {search: grid}\"|4: finetune.lambda: expected no lambda with optimizer adam",
        "\"task: cola\n"
            + "finetune: {epochs: [1, 2]}\n"
            + "sweep:\n"
            + "  search: grid\n"
            + "  objective: accuracy\"|5: sweep.objective: unknown value 'accuracy' (valid: pruned",
        "\"task: cola\n"
            + "finetune: {epochs: [1, 2]}\n"
            + "sweep:\n"
            + "  search: grid\n"
            + "  objective: [pruned, tuned, bytes]\"|5: sweep.objective: expected one or two"
            + " objectives",
        "\"task: cola\n"
            + "finetune: {epochs: [1, 2]}\n"
            + "sweep: {search: rand}\"|3: sweep.search: unknown value 'rand': did you mean",
        "\"task: cola\n"
            + "finetune: {epochs: [1, 2]}\n"
            + "sweep: {seed: 3}\"|3: sweep: expected the key 'candidates', how many to try",
        "\"task: cola\n"
            + "finetune: {epochs: [1, 2]}\n"
            + "sweep: {candidates: 0}\"|3: sweep.candidates: expected a whole number from 1",
        "\"task: cola\n"
            + "finetune: {epochs: [1, 2]}\n"
            + "sweep: {candidate: 5}\"|3: sweep: expected the key 'candidates'",
        "\"task: cola\n"
            + "finetune: {epochs: [1, 2]}\n"
            + "sweep: {candidates: 5, jobs: 2}\"|3: sweep.jobs: unknown key 'jobs' (valid: ",
        "\"task: cola\n"
            + "finetune: {lambda: {uniform: [0, 1]}, warmup: {uniform: [0, 0.5]}}\n"
            + "sweep: {search: grid, points: 1000, seed: 1.5}\"|3: sweep.seed: expected a whole"
            + " number",
        "\"task: cola\n"
            + "tuned: .\n"
            + "finetune:\n"
            + "  lambda: {uniform: [0, 1]}\n"
            + "sweep: {candidates: 5}\"|4: finetune.lambda: expected no lambda beside 'tuned'",
      })
  void faultsAreOneLineWithFileAndLine(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(folder.resolve("test.yml") + ":" + message);
  }
}
