package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sweeps as a user drives them, on an encoder that trains in a second. */
class SweepCommandTest {
  @TempDir private static Path folder;
  private static TinySweeps sweeps;

  @BeforeAll
  static void makeEncoderAndData() throws IOException {
    sweeps = TinySweeps.in(folder);
  }

  private static Process start(Path config, Path out, Path err) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "sweep",
            config.toString(),
            "--out",
            out.toString())
        .redirectError(err.toFile())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Waits until the journal has so many lines. */
  private static void await(Process process, Path out, Path err, int lines) throws Exception {
    Path journal = out.resolve("journal.jsonl");
    for (int i = 0; i < 12_000; i++) {
      if (Files.exists(journal) && Files.readAllLines(journal).size() >= lines) {
        return;
      }
      assertThat(process.isAlive()).as(Files.readString(err)).isTrue();
      Thread.sleep(10);
    }
    throw new AssertionError("no " + lines + " lines in time: " + Files.readString(err));
  }

  @Test
  void killedInTheMiddleItEndsInTheJournalOfAnUndisturbedOne() throws Exception {
    Path config = sweeps.config("random", TinySweeps.RANDOM);
    Path straight = folder.resolve("straight");
    Darex.Outcome whole = Darex.run("sweep", config, "--out", straight);
    assertThat(whole.code()).as(whole.err()).isZero();
    Path broken = folder.resolve("broken");
    Path err = folder.resolve("broken.err");
    Process process = start(config, broken, err);
    await(process, broken, err, 5);

    process.destroyForcibly().waitFor(); // SIGKILL
    int survived = Files.readAllLines(broken.resolve("journal.jsonl")).size() - 1;
    assertThat(survived).isBetween(4, 11);
    Darex.Outcome resumed = Darex.run("sweep", config, "--out", broken);

    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(resumed.err()).contains(" of 12 candidates are in ");
    Map<Integer, JsonNode> rows = TinySweeps.journal(broken);
    assertThat(rows).hasSize(12).isEqualTo(TinySweeps.journal(straight));
    assertThat(rows.values()).allMatch(row -> row.has("scores"), "done");
    // What is compared differs from candidate to candidate.
    assertThat(rows.values().stream().map(row -> row.at("/scores/meanAbsDelta")).distinct())
        .hasSizeGreaterThan(8);

    assertThat(straight.resolve("report.html"))
        .content()
        .contains("<svg xmlns=", "href=\"candidates/011.yml\"")
        .doesNotContain("src=\"sweep", "http-equiv");
    candidateIsARun(straight, rows);
    anotherConfigIsRefused(straight);
  }

  /** A candidate's file gives darex run what the sweep wrote down. */
  private void candidateIsARun(Path sweep, Map<Integer, JsonNode> rows) throws IOException {
    Path out = folder.resolve("as-a-run");
    Darex.Outcome run = Darex.run("run", sweep.resolve("candidates/007.yml"), "--out", out);

    assertThat(run.code()).as(run.err()).isZero();
    JsonNode results = new ObjectMapper().readTree(out.resolve("results.json").toFile());
    double sum = 0;
    for (JsonNode cell : results.at("/cells")) {
      sum += cell.get("validation").asDouble();
    }
    assertThat(sum / 2).isCloseTo(rows.get(7).at("/scores/pruned").asDouble(), within(1e-12));
    assertThat(results.at("/tuned/validation")).isEqualTo(rows.get(7).at("/scores/tuned"));
    assertThat(results.at("/job")).isEqualTo(rows.get(7).at("/finetunes/0"));
  }

  private void anotherConfigIsRefused(Path sweep) throws IOException {
    Path other = sweeps.config("other", TinySweeps.RANDOM.replace("1e-1", "1e-2"));
    Darex.Outcome refused = Darex.run("sweep", other, "--out", sweep);

    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .contains(sweep.resolve("journal.jsonl") + ": belongs to another sweep")
        .contains("--force")
        .hasLineCount(1);
  }

  @Test
  void ctrlCSaysHowToGoOnAndExits130() throws Exception {
    Path config =
        sweeps.config("interrupted", TinySweeps.RANDOM.replace("epochs: 2", "epochs: 40"));
    Path out = folder.resolve("interrupted");
    Path err = folder.resolve("interrupted.err");
    Process process = start(config, out, err);
    await(process, out, err, 2); // the head, which is there before the hook, and a candidate

    new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();

    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(130);
    assertThat(err)
        .content()
        .contains(" of 12 candidates are in " + out.resolve("journal.jsonl"))
        .contains("the same command goes on");
  }

  @Test
  void candidatesShareTheirFinetuneAndWhatIsGivenIsNotTrained() throws IOException {
    String grid =
        """
        task: TASK
        encoder: ENCODER
        finetune: {learningRate: 1.0e-2, epochs: 1, maxLength: 32}
        prune:
          dropRate: [0.5, 0.9]
          mask: [random, magnitude]
          rescale: [inverse-keep-rate, norm-match, none]
          seeds: 0
        sweep: {search: grid, parallel: 2, threads: 1, objective: [accuracy, bytes]}
        """;
    Path trained = folder.resolve("trained");
    Darex.Outcome first = Darex.run("sweep", sweeps.config("grid", grid), "--out", trained);
    assertThat(first.code()).as(first.err()).isZero();
    Map<Integer, JsonNode> rows = TinySweeps.journal(trained);
    assertThat(rows).hasSize(12);
    Path finetune = only(trained.resolve("finetunes"));
    assertThat(finetune.resolve("tuned/model.safetensors")).exists();
    assertThat(rows.values())
        .allMatch(row -> row.at("/finetunes/0").asText().equals(finetune.getFileName() + ""));
    // Nothing but the configurations stays of the candidates.
    try (Stream<Path> files = Files.list(trained.resolve("candidates"))) {
      assertThat(files).hasSize(12).allMatch(file -> file.toString().endsWith(".yml"));
    }
    assertThat(trained.resolve("sweep-front.svg")).exists();

    Path given = folder.resolve("given");
    String pair =
        grid.replace(
            "finetune: {learningRate: 1.0e-2, epochs: 1, maxLength: 32}",
            "finetune: {maxLength: 32}\ntuned: " + finetune);
    Darex.Outcome second = Darex.run("sweep", sweeps.config("pair", pair), "--out", given);

    assertThat(second.code()).as(second.err()).isZero();
    assertThat(only(given.resolve("finetunes")).resolve("tuned")).doesNotExist();
    Map<Integer, JsonNode> pruned = TinySweeps.journal(given);
    for (int i = 0; i < 12; i++) {
      assertThat(pruned.get(i).at("/scores/pruned")).isEqualTo(rows.get(i).at("/scores/pruned"));
      assertThat(pruned.get(i).at("/scores/bytes")).isEqualTo(rows.get(i).at("/scores/bytes"));
    }
    Path run = folder.resolve("run-of-given");
    Darex.Outcome again = Darex.run("run", given.resolve("candidates/003.yml"), "--out", run);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(run.resolve("report.md")).content().contains("The tuned checkpoint was given;");
    assertThat(run.resolve("tuned")).doesNotExist();
  }

  private static Path only(Path parent) throws IOException {
    try (Stream<Path> children = Files.list(parent)) {
      List<Path> all = children.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }

  /** A rate at which weights overflow, and the sweep goes on. */
  @Test
  void aFailedCandidateIsALineWithItsReason() throws IOException {
    String yaml =
        """
        task: TASK
        encoder: ENCODER
        finetune: {learningRate: [1.0e+38, 1.0e-2], epochs: 1, maxLength: 32}
        prune: {mask: random, dropRate: 0.5, rescale: inverse-keep-rate, seeds: 0}
        sweep: {search: grid}
        """;
    Path out = folder.resolve("failing");

    Darex.Outcome outcome = Darex.run("sweep", sweeps.config("failing", yaml), "--out", out);

    assertThat(outcome.code()).as(outcome.err()).isZero();
    Map<Integer, JsonNode> rows = TinySweeps.journal(out);
    assertThat(rows.get(0).get("failed").asText()).isNotBlank();
    assertThat(rows.get(0).has("scores")).isFalse();
    assertThat(rows.get(1).has("scores")).isTrue();
    assertThat(outcome.err()).contains("candidate 0 failed: ");
    assertThat(outcome.out())
        .startsWith("1 of 2 candidates done, 1 failed, ")
        .contains(" Best: candidate 1, ")
        .containsPattern(
            "\n\ncandidate +finetune.learningRate +.* dev: pruned +dev: tuned +seconds\n001 ")
        .endsWith("\n\n" + out.resolve("report.html") + "\n");
    assertThat(out.resolve("report.md")).content().contains("1 of 2 candidates done, 1 failed");
  }

  @Test
  void aFinetuneWithoutAHeadIsRefusedBeforeAnyCandidate() throws IOException {
    String yaml =
        """
        task: TASK
        encoder: ENCODER
        tuned: ENCODER
        prune: {mask: random, dropRate: [0.5, 0.9], rescale: inverse-keep-rate, seeds: 0}
        sweep: {search: grid}
        """;
    Path out = folder.resolve("headless");

    Darex.Outcome refused = Darex.run("sweep", sweeps.config("headless", yaml), "--out", out);

    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("expected a head of 2 labels").hasLineCount(1);
    assertThat(TinySweeps.journal(out)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"run, 500", "run, '[400KB, 500]'", "sweep, '[400KB, 500]'"})
  void aSizeThatNoFileCanHaveIsRefusedBeforeTheFinetune(String command, String bytes)
      throws IOException {
    String yaml =
        """
        task: TASK
        encoder: ENCODER
        finetune: {learningRate: 1.0e-2, epochs: 1000, maxLength: 32}
        prune: {bytes: BYTES}
        """
            .replace("BYTES", bytes);
    String search = command.equals("sweep") ? "sweep: {search: grid}\n" : "";
    Path out = folder.resolve(command + bytes.length());

    Darex.Outcome refused = Darex.run(command, sweeps.config("small", yaml + search), "--out", out);

    assertThat(refused.code()).as(refused.err()).isEqualTo(2);
    assertThat(refused.err()).contains("expected at least ", "such as the head, ", "got 500 B");
    assertThat(out.resolve("training.jsonl")).doesNotExist();
    assertThat(out.resolve("finetunes")).doesNotExist();
  }

  /** As a full disk is: no fault of the candidate, which is tried again when the disk has room. */
  @Test
  void whatCannotBeWrittenEndsTheSweepAndIsTriedAgain() throws IOException {
    String yaml =
        """
        task: TASK
        encoder: ENCODER
        finetune: {learningRate: 1.0e-2, epochs: 1, maxLength: 32}
        prune: {mask: random, dropRate: [0.5, 0.9], rescale: inverse-keep-rate, seeds: 0}
        sweep: {search: grid}
        """;
    Path config = sweeps.config("unwritable", yaml);
    Path out = folder.resolve("unwritable");
    assertThat(Darex.run("sweep", config, "--out", out).code()).isZero();
    Path journal = out.resolve("journal.jsonl");
    Files.write(journal, Files.readAllLines(journal).subList(0, 2));
    Path file = out.resolve("candidates/001.yml");
    Files.delete(file);
    Files.createDirectories(file.resolve("in-the-way"));

    Darex.Outcome stopped = Darex.run("sweep", config, "--out", out);

    assertThat(stopped.code()).isNotZero();
    assertThat(stopped.err()).contains("001.yml");
    assertThat(TinySweeps.journal(out)).hasSize(1);
    FileUtils.deleteDirectory(file.toFile());
    Darex.Outcome resumed = Darex.run("sweep", config, "--out", out, "--json");
    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(TinySweeps.journal(out)).hasSize(2);
    JsonNode json = new ObjectMapper().readTree(resumed.out());
    assertThat(json.get("name").asText()).isEqualTo("unwritable");
    assertThat(json.at("/objectives/0").asText()).isEqualTo("pruned");
    assertThat(json.get("planned").asInt()).isEqualTo(2);
    assertThat(json.get("best").asInt()).isBetween(0, 1);
    List<String> lines = Files.readAllLines(journal);
    for (int i = 0; i < 2; i++) {
      assertThat(json.at("/candidates/" + i))
          .isEqualTo(new ObjectMapper().readTree(lines.get(i + 1)));
    }
  }

  @Test
  void aFolderOfSomethingElseIsRefusedAndHelpHasAnExample() throws IOException {
    Path config = sweeps.config("elsewhere", TinySweeps.RANDOM);

    Path other = Files.createDirectory(folder.resolve("something-else"));
    Files.writeString(other.resolve("thesis.txt"), "ten years");

    Darex.Outcome refused = Darex.run("sweep", config, "--out", other);

    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("one of darex sweep; got other files").hasLineCount(1);
    assertThat(Darex.run("sweep", "--help").out()).contains("Example: darex sweep ");
  }
}
