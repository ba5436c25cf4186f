package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code --dry-run} of {@code run} and {@code sweep} says, and that it writes nothing. */
class DryRunTest {
  private static final String RUN =
      """
      task: TASK
      encoder: ENCODER
      finetune: {learningRate: 1.0e-2, epochs: 3, maxLength: 32}
      prune: {mask: random, dropRate: RATES, rescale: inverse-keep-rate, seeds: [0, 1]}
      """;

  private static final String SWEEP =
      """
      task: TASK
      encoder: ENCODER
      finetune: {learningRate: [1.0e-2, 1.0e-3], epochs: 1, maxLength: 32}
      prune: {mask: random, dropRate: 0.5, rescale: inverse-keep-rate, seeds: 0}
      sweep: {search: SEARCH, candidates: 2}
      """;

  @TempDir private static Path folder;
  private static TinySweeps tiny;

  @BeforeAll
  static void makeEncoderAndData() throws IOException {
    tiny = TinySweeps.in(folder);
  }

  private static Darex.Outcome ok(Object... arguments) {
    Darex.Outcome outcome = Darex.run(arguments);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return outcome;
  }

  private static JsonNode json(Object... arguments) throws IOException {
    return new ObjectMapper().readTree(ok(arguments).out());
  }

  /** Every file below, with its content and the time it was changed. */
  private static Map<String, String> files(Path of) throws IOException {
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> below = Files.walk(of)) {
      for (Path each : below.toList()) {
        String content = Files.isDirectory(each) ? "" : FileUtils.checksumCRC32(each.toFile()) + "";
        all.put(each.toString(), Files.getLastModifiedTime(each) + " " + content);
      }
    }
    return all;
  }

  @Test
  void ofANewRunAllIsToDoAndNoTimeIsKnown() throws IOException {
    Path config = tiny.config("new", RUN.replace("RATES", "[0.5, 0.9]"));
    Path out = folder.resolve("new-out");
    Map<String, String> before = files(folder);

    Darex.Outcome plan = ok("run", config, "--out", out, "--dry-run");

    assertThat(files(folder)).isEqualTo(before);
    assertThat(plan.out())
        .containsPattern("inverse-keep-rate at 0\\.9 +seed 0 +1 +to do +unknown +\\d")
        .contains(
            "\nfine-tune, seed 0: 3 of 3 epochs to do, time unknown until the first is done\n",
            "\ncells: 4 of 4 to do, time unknown until the first of a method is done\n")
        .containsPattern("\ndisk: [0-9.]+ MB more in the end, and at most [0-9.]+ MB during a");
    JsonNode json = json("run", config, "--out", out, "--dry-run", "--json").at("/finetunes/0");
    assertThat(json.has("epochSeconds")).isFalse();
    long model = json.get("modelBytes").asLong();
    assertThat(model).isEqualTo(4 * parameters());
    assertThat(json.get("trainingBytes").asLong()).isEqualTo(10 * model);
    // A random mask has no places: all that is kept are values of four bytes.
    assertThat(json.at("/cells/0/bytes").asLong()).isEqualTo(model / 2);
  }

  private static long parameters() throws IOException {
    return (Files.size(folder.resolve("encoder/model.safetensors")) - 8) / 4 - headerBytes() / 4;
  }

  private static long headerBytes() throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve("encoder/model.safetensors"));
    return (bytes[0] & 0xff) | (bytes[1] & 0xff) << 8 | (bytes[2] & 0xff) << 16;
  }

  @Test
  void ofAPartialRunTheTimesAreThoseMeasured() throws IOException {
    Path out = folder.resolve("partial");
    Path config = tiny.config("partial", RUN.replace("RATES", "0.5"));
    ok("run", config, "--out", out);
    tiny.config("partial", RUN.replace("RATES", "[0.5, 0.9]"));
    Map<String, String> before = files(folder);

    Darex.Outcome plan = ok("run", config, "--out", out, "--dry-run");

    assertThat(files(folder)).isEqualTo(before);
    assertThat(plan.out())
        .containsPattern("inverse-keep-rate at 0\\.5 +seed 0 +1 +done +– +\\d")
        .containsPattern("inverse-keep-rate at 0\\.9 +seed 0 +1 +to do +[0-9.]+ s +\\d")
        .contains("\nfine-tune, seed 0: done\n")
        .containsPattern("\ncells: 2 of 4 to do, about [0-9.]+ s, by the cells of their methods")
        .doesNotContain("during a training");
    JsonNode results = new ObjectMapper().readTree(out.resolve("results.json").toFile());
    double seconds =
        (results.at("/cells/0/seconds").asDouble() + results.at("/cells/1/seconds").asDouble()) / 2;
    JsonNode json = json("run", config, "--out", out, "--dry-run", "--json").at("/finetunes/0");
    assertThat(json.at("/cells/2/seconds").asDouble()).isPositive().isEqualTo(seconds);
    assertThat(json.at("/cells/0/bytes")).isEqualTo(results.at("/cells/0/bytes"));

    assertThat(ok("run", config, "--out", out, "--dry-run", "--force").out())
        .contains("3 of 3 epochs to do, time unknown", "cells: 4 of 4 to do, time unknown");
    anEpochIsDone(config, out, results.at("/training/0/seconds").asDouble());
  }

  /** Makes of a finished run one that was interrupted in its second epoch. */
  private static void anEpochIsDone(Path config, Path out, double seconds) throws IOException {
    Path epoch = out.resolve("training/epoch-1");
    Files.createDirectories(epoch.getParent());
    Files.move(out.resolve("tuned"), epoch);
    Files.delete(out.resolve("training.json"));
    Files.delete(out.resolve("results.json"));
    ObjectNode record =
        (ObjectNode) new ObjectMapper().readTree(epoch.resolve("training.json").toFile());
    ArrayNode epochs = (ArrayNode) record.get("epochs");
    while (epochs.size() > 1) {
      epochs.remove(epochs.size() - 1);
    }
    Files.writeString(epoch.resolve("training.json"), record.toString());

    assertThat(ok("run", config, "--out", out, "--dry-run").out())
        .containsPattern("2 of 3 epochs to do, at most [0-9.]+ s, at [0-9.]+ s an epoch so far");
    JsonNode json = json("run", config, "--out", out, "--dry-run", "--json").at("/finetunes/0");
    assertThat(json.get("epochsToDo").asInt()).isEqualTo(2);
    assertThat(json.get("epochSeconds").asDouble()).isEqualTo(seconds);
  }

  @Test
  void ofASweepTheCandidatesThatTheJournalLacksAreToDo() throws IOException {
    Path config = tiny.config("grid", SWEEP.replace("SEARCH", "grid"));
    Path out = folder.resolve("grid-out");
    Map<String, String> before = files(folder);

    Darex.Outcome fresh = ok("sweep", config, "--out", out, "--dry-run");

    assertThat(files(folder)).isEqualTo(before);
    assertThat(fresh.out())
        .containsPattern(
            "candidate +finetune.learningRate +state\n000 +0\\.01 +to do\n001 +0\\.001")
        .contains("\ncandidates: 2 of 2 to do, time unknown until the first is done\n")
        .containsPattern("\ndisk: [0-9.]+ MB at most, fine-tunes to train: 2\n");

    ok("sweep", config, "--out", out);
    Path journal = out.resolve("journal.jsonl");
    Files.write(journal, Files.readAllLines(journal).subList(0, 2));
    Files.writeString(journal, "{\"torn", StandardOpenOption.APPEND);
    before = files(folder);

    Darex.Outcome partial = ok("sweep", config, "--out", out, "--dry-run");

    assertThat(files(folder)).isEqualTo(before);
    assertThat(partial.out())
        .containsPattern("\n000 +0\\.01 +done\n001 +0\\.001 +to do\n")
        .containsPattern("\ncandidates: 1 of 2 to do, about [0-9.]+ s, at [0-9.]+ s a candidate");
    JsonNode json = json("sweep", config, "--out", out, "--dry-run", "--json");
    JsonNode done = new ObjectMapper().readTree(Files.readAllLines(journal).get(1));
    assertThat(json.get("seconds")).isEqualTo(done.get("elapsed"));
    assertThat(json.get("toDo").asInt()).isEqualTo(1);
  }

  @Test
  void ofAGeneticSearchTheCandidatesAreNotKnown() throws IOException {
    Path config =
        tiny.config(
            "genetic",
            SWEEP
                .replace("SEARCH", "genetic, population: 4")
                .replace("[1.0e-2, 1.0e-3]", "{loguniform: [1e-3, 1e-2]}"));

    assertThat(ok("sweep", config, "--out", folder.resolve("genetic-out"), "--dry-run").out())
        .contains("candidates: 2 of 2 to do", "follow from the scores of others");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run   | epochs: 3 | epochs: 0",
        "run   | dropRate: RATES | bytes: 500",
        "run   | ENCODER | nowhere/at-all",
        "sweep | epochs: 1 | epochs: 0",
        "sweep | dropRate: 0.5 | bytes: 500",
        "sweep | SEARCH | gird"
      })
  void whatIsWrongIsSaidAsByTheCommandItself(String command, String right, String wrong)
      throws IOException {
    String yaml = (command.equals("run") ? RUN : SWEEP).replace(right, wrong);
    String bad = yaml.replace("RATES", "0.5").replace("SEARCH", "grid");
    Path config = tiny.config("bad", bad.replace("mask: random, bytes", "mask: magnitude, bytes"));
    Path out = folder.resolve("bad-" + wrong.hashCode());

    Darex.Outcome plan = Darex.run(command, config, "--out", out, "--dry-run");

    assertThat(plan.code()).as(plan.err()).isEqualTo(2);
    assertThat(out).doesNotExist();
    assertThat(plan).isEqualTo(Darex.run(command, config, "--out", out));
  }

  @ParameterizedTest
  @CsvSource({"run", "sweep"})
  void aFolderOfSomethingElseIsRefused(String command) throws IOException {
    String yaml = command.equals("run") ? RUN : SWEEP;
    Path config = tiny.config("other", yaml.replace("RATES", "0.5").replace("SEARCH", "grid"));
    Path other = Files.createDirectories(folder.resolve("other-" + command));
    Files.writeString(other.resolve("thesis.txt"), "ten years");

    for (String force : new String[] {"--quiet", "--force"}) {
      Darex.Outcome plan = Darex.run(command, config, "--out", other, "--dry-run", force);
      assertThat(plan.code()).isEqualTo(2);
      assertThat(plan.err()).contains("other-" + command, "got ").hasLineCount(1);
    }
  }
}
