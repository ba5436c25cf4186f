package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.select.RecipeText;
import io.darex.prune.Checkpoint;
import io.darex.prune.Scale;
import io.darex.prune.Tensor;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code darex select} on an encoder of one layer, whose answers to made-up sentences are the
 * labels. The GLUE folder has no dev.tsv: whoever opens it fails.
 */
class SelectCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final EncoderConfig TINY =
      new EncoderConfig(30522, 8, 1, 2, 16, 16, 2, 1e-12, 0, 0, 0, List.of());
  private static final String[] WORDS = {
    "birds", "sing", "he", "often", "stones", "the", "green", "under", "slowly", "they"
  };

  @TempDir private static Path folder;

  @BeforeAll
  static void writeModelsAndTask() throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    EncoderConfig labelled = TINY.withLabels(List.of("0", "1"));
    Checkpoint base = TinyBert.checkpoint(TINY, 1);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    TinyBert.checkpoint(labelled, 2)
        .tensors()
        .forEach((name, own) -> tensors.put(name, moved(base.tensors().get(name), own, random)));
    write("base", base);
    Checkpoint tuned = TinyBert.checkpoint(labelled, 2);
    write("tuned", new InMemoryCheckpoint(tensors, tuned.config()));
    SortedMap<String, Tensor> headless = new TreeMap<>(tensors);
    headless.keySet().removeIf(name -> name.startsWith("classifier."));
    write("headless", new InMemoryCheckpoint(headless, base.config()));
    write(
        "other",
        TinyBert.checkpoint(
            new EncoderConfig(30522, 4, 1, 2, 8, 16, 2, 1e-12, 0, 0, 0, List.of()), 3));

    List<String> texts =
        IntStream.range(0, 240)
            .mapToObj(
                i ->
                    String.join(
                        " ",
                        IntStream.range(0, 4)
                            .mapToObj(word -> WORDS[(int) (random.nextDouble() * WORDS.length)])
                            .toList()))
            .toList();
    train(texts, texts.stream().map(text -> "0").toList());
    Path answers = folder.resolve("answers.tsv");
    Outcome evaluated =
        Darex.run(
            "evaluate",
            "--model",
            at("tuned"),
            "--task",
            "cola",
            "--glue",
            at("glue"),
            "--split",
            "train",
            "--predictions",
            answers);
    assertThat(evaluated.code()).as(evaluated.err()).isZero();
    List<String> labels =
        Files.readAllLines(answers).stream().skip(1).map(line -> line.split("\t", -1)[1]).toList();
    assertThat(labels).contains("0", "1");
    train(texts, labels);
    Files.write(folder.resolve("texts.txt"), texts);
    Files.writeString(folder.resolve("blank.txt"), " \n\n");
  }

  @Test
  void labelsDecideAndDevIsNeverOpened() throws IOException {
    assertThat(folder.resolve("glue/CoLA/dev.tsv")).doesNotExist();
    Path page = folder.resolve("page.html");
    Path recipe = folder.resolve("labelled.yml");
    JsonNode answer = answer("tuned", with(" --drop-rate 0.9", "--out", page, "--recipe", recipe));

    JsonNode trial = answer.at("/trial");
    assertThat(trial.at("/metric").asText()).isEqualTo("matthews_correlation");
    assertThat(trial.at("/proxy").asBoolean(true)).isFalse();
    assertThat(trial.at("/texts").asInt()).isEqualTo(24);
    assertThat(trial.at("/tuned").asDouble()).isCloseTo(1, within(1e-9));
    assertThat(trial.at("/candidates").findValuesAsText("name"))
        .contains(
            "random inverse-keep-rate",
            "random q-unlabelled",
            "random q-unlabelled layer",
            "magnitude sign dot-match",
            "magnitude sign q-unlabelled",
            "magnitude q-unlabelled",
            "wanda none")
        .doesNotContain("columns inverse-keep-rate");
    double best = trial.at("/candidates/0/score").asDouble();
    JsonNode chosen = chosen(trial);
    double equal = Math.max(.01, trial.at("/maskDeviation").asDouble());
    assertThat(best - chosen.at("/score").asDouble()).isBetween(0.0, equal);
    assertThat(answer.at("/tensors/0/meanAbsolute").asDouble()).isPositive();
    assertThat(answer.at("/decisions").findValuesAsText("question"))
        .contains("Does DARE fail by p = 0.5?", "Are the deltas large?");
    assertThat(page)
        .content()
        .startsWith("<!DOCTYPE html>")
        .contains("<svg xmlns=", chosen.at("/name").asText())
        .doesNotContain("src=\"http");
    assertThat(recipe).content().doesNotContain(folder.toString());
    prunesAsSaid(answer, recipe);
  }

  @Test
  void withoutLabelsOutputsAreComparedAndThatIsCalledAProxy() throws IOException {
    Path recipe = folder.resolve("unlabelled.yml");
    JsonNode answer =
        answer(
            "tuned",
            "--calibration",
            at("texts.txt"),
            "--drop-rate",
            "0.9",
            "--columns",
            "--recipe",
            recipe);

    assertThat(answer.at("/trial/proxy").asBoolean()).isTrue();
    assertThat(answer.at("/trial/tuned").isMissingNode()).isTrue();
    assertThat(answer.at("/remarks").toString()).contains("proxy and can be wrong");
    assertThat(answer.at("/trial/candidates").findValuesAsText("name"))
        .contains("columns inverse-keep-rate", "random q-unlabelled")
        .noneMatch(name -> name.contains("q-labelled"));
    prunesAsSaid(answer, recipe);
  }

  @Test
  void aModelWithoutHeadIsComparedByItsHiddenState() throws IOException {
    JsonNode answer =
        answer(
            "headless",
            "--calibration",
            at("texts.txt"),
            "--drop-rate",
            "0.9",
            "--trial-seeds",
            "1");
    assertThat(answer.at("/trial/candidates").findValuesAsText("name"))
        .contains("random q-unlabelled")
        .noneMatch(name -> name.contains("q-labelled"));
  }

  @Test
  void withoutTextsTheTreeIsAllThereIsAndSaysSo() throws IOException {
    Path recipe = folder.resolve("blind.yml");
    JsonNode answer = answer("tuned", "--drop-rate", "0.95", "--recipe", recipe);

    assertThat(answer.at("/trial").isMissingNode()).isTrue();
    assertThat(answer.at("/method").asText()).isEqualTo("magnitude sign dot-match");
    assertThat(answer.at("/remarks").toString()).contains("Nothing was tried");
    prunesAsSaid(answer, recipe);
  }

  @Test
  void aRecipeForWandaIsOneThatPruneTakes() throws IOException {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("mask", "wanda");
    keys.put("dropRate", .9);
    keys.put("calibration", at("texts.txt"));
    keys.put("rescale", "q");
    keys.put("q", .3);
    Path recipe = folder.resolve("wanda.yml");
    Files.writeString(recipe, new RecipeText(keys, Scale.of(.3)).yaml("unused"));
    Path delta = prune(recipe, folder.resolve("wanda.safetensors"));
    JsonNode file = JSON.readTree(Darex.run("inspect", delta, "--json").out());
    assertThat(file.at("/mask/kind").asText()).isEqualTo("wanda");
    assertThat(file.at("/pruned/0/q").asDouble()).isEqualTo(.3);
  }

  @Test
  void aSizeIsKept() throws IOException {
    long bytes = 50_000;
    Path recipe = folder.resolve("bytes.yml");
    JsonNode answer = answer("tuned", "--bytes", "50KB", "--recipe", recipe);
    Path delta = prunesAsSaid(answer, recipe);
    assertThat(Files.size(delta)).isBetween(bytes / 2, bytes);
  }

  @Test
  void aToleratedLossGivesTheSmallestFileAndItsRecipeExactlyThat() throws IOException {
    Path recipe = folder.resolve("tolerated.yml");
    Path page = folder.resolve("tolerated.html");
    JsonNode answer = answer("tuned", with(" --tolerance 0.6", "--recipe", recipe, "--out", page));
    Path delta = prune(recipe, folder.resolve("tolerated.safetensors"));
    assertThat(answer.at("/bytes").asLong()).isEqualTo(Files.size(delta));
    assertThat(answer.at("/loss").asDouble()).isLessThanOrEqualTo(.6);
    assertThat(answer.at("/width").asDouble()).isPositive();
    assertThat(answer.at("/sure").asDouble()).isBetween(.3, 1.0);
    JsonNode steps = answer.at("/steps");
    assertThat(steps).hasSizeBetween(3, 12);
    for (JsonNode step : steps) {
      long bytes = step.at("/bytes").asLong();
      assertThat(step.at("/allowed").asBoolean()).isEqualTo(step.at("/loss").asDouble() <= .6);
      assertThat(step.at("/allowed").asBoolean()).isEqualTo(bytes >= answer.at("/bytes").asLong());
    }
    assertThat(recipe).content().contains("bytes: ").doesNotContain(folder.toString());
    assertThat(page)
        .content()
        .startsWith("<!DOCTYPE html>")
        .contains("The smallest file that loses at most 0.6", "<svg xmlns=");
  }

  @Test
  void withoutTargetAPointIsTolerated() {
    Outcome outcome = select("tuned", with(""));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out())
        .startsWith("The smallest file that loses at most 0.01 of matthews_correlation: ")
        .contains("Expected loss ", "In ", "darex prune --base ", " --bytes ", "# for darex prune");
  }

  private static Object[] with(String options, Object... more) {
    List<Object> all =
        new ArrayList<>(List.of(("--task cola --glue " + at("glue") + options).split(" ", -1)));
    all.addAll(List.of(more));
    return all.toArray();
  }

  @Test
  void textSaysEveryBranchAndEndsWithTheRecipe() {
    Outcome outcome = select("tuned", "--drop-rate", "0.95", "--may-train");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out())
        .contains(
            "Target: drop rate 0.95.", "May the model be fine-tuned again? yes", "adamr-l2.yml")
        .endsWith(
            "mask: magnitude\nscope: model\nvalues: sign\ndropRate: 0.95\nrescale: dot-match\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tuned | | expected --task, for the smallest file that loses at most a point, or a target",
        "tuned | --task cola --columns | --columns: expected --drop-rate or --bytes",
        "tuned | --tolerance 0.1 --bytes 1MB --task cola | got --bytes and --tolerance",
        "tuned | --drop-rate 0.9 --bytes 1MB | got --drop-rate and --bytes",
        "tuned | --drop-rate 1 | --drop-rate: expected a number in [0, 1), got 1.0",
        "tuned | --tolerance 0.1 | --tolerance: expected --task",
        "tuned | --tolerance -1 --task cola | --tolerance: expected a number of at least 0",
        "tuned | --bytes 100 | --bytes: expected at least",
        "tuned | --drop-rate 0.9 --trial-seeds 0 | --trial-seeds: expected a number from 1",
        "tuned | --drop-rate 0.9 --trial-texts 0 | --trial-texts: expected at least 1",
        "tuned | --drop-rate 0.9 --calibration BLANK | expected text, one a line, got none",
        "tuned | --drop-rate 0.9 --calibration NONE | expected a file",
        "tuned | --drop-rate 0.9 --task cola | CoLA: expected the GLUE folder",
        "tuned | --drop-rate 0.9 --task cola --glue GLUE --trial-texts 3 | expected at least 8"
            + " texts",
        "headless | --drop-rate 0.9 --task cola --glue GLUE | expected a head of 2 labels for task"
            + " cola",
        "other | --drop-rate 0.9 | mismatches",
      })
  void badInputIsOneLine(String tuned, String options, String message) {
    String[] given =
        (options == null ? "" : options)
            .replace("BLANK", at("blank.txt"))
            .replace("NONE", at("none.txt"))
            .replace("GLUE", at("glue"))
            .split(" ", -1);
    Outcome outcome = select(tuned, options == null ? new Object[0] : given);
    assertThat(outcome.code()).as(outcome.out() + outcome.err()).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err().lines().filter(line -> line.startsWith("darex: "))).hasSize(1);
    assertThat(outcome.err()).contains(message);
  }

  @Test
  void whatIsThereIsNotOverwritten() throws IOException {
    Path recipe = folder.resolve("there.yml");
    Files.writeString(recipe, "mine");
    Outcome outcome = select("tuned", "--drop-rate", "0.9", "--recipe", recipe);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(recipe).hasContent("mine");
  }

  /** Prunes by the recipe and compares the q of every tensor with what the answer says. */
  private static Path prunesAsSaid(JsonNode answer, Path recipe) throws IOException {
    Path delta = prune(recipe, folder.resolve(recipe.getFileName() + ".safetensors"));
    JsonNode file = JSON.readTree(Darex.run("inspect", delta, "--json").out());
    assertThat(file.at("/mask/kind").asText()).isEqualTo(answer.at("/recipe/mask").asText());
    assertThat(file.at("/mask/dropRate").asDouble()).isEqualTo(answer.at("/dropRate").asDouble());
    JsonNode own = answer.at("/qPerTensor");
    for (JsonNode tensor : file.at("/pruned")) {
      JsonNode q = own.get(tensor.at("/name").asText());
      assertThat(tensor.at("/q").asDouble())
          .isEqualTo((q == null ? answer.at("/q") : q).asDouble());
    }
    return delta;
  }

  private static Path prune(Path recipe, Path delta) {
    Outcome pruned =
        Darex.run(
            "prune",
            "--base",
            at("base"),
            "--tuned",
            at("tuned"),
            "--config",
            recipe,
            "--out",
            delta);
    assertThat(pruned.code()).as(pruned.err()).isZero();
    return delta;
  }

  private static JsonNode chosen(JsonNode trial) {
    for (JsonNode candidate : trial.at("/candidates")) {
      if (candidate.at("/chosen").asBoolean()) {
        return candidate;
      }
    }
    throw new AssertionError("none is chosen: " + trial);
  }

  private static JsonNode answer(String tuned, Object... more) throws IOException {
    List<Object> options = new ArrayList<>(List.of(more));
    options.add("--json");
    Outcome outcome = select(tuned, options.toArray());
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return JSON.readTree(outcome.out());
  }

  private static Outcome select(String tuned, Object... more) {
    List<Object> all =
        new ArrayList<>(List.of("select", "--base", at("base"), "--tuned", at(tuned)));
    all.addAll(List.of(more));
    return Darex.run(all.toArray());
  }

  private static String at(String name) {
    return folder.resolve(name).toString();
  }

  /** The base's values a little moved; a head, which the base has not, as it is. */
  private static Tensor moved(Tensor before, Tensor own, SplittableRandom random) {
    if (before == null) {
      return own;
    }
    float[] values = new float[(int) own.count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = before.at(i) + (float) (.2 * (random.nextDouble() - .5));
    }
    return new FloatTensor(own.name(), own.shape(), values);
  }

  private static void train(List<String> texts, List<String> labels) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < texts.size(); i++) {
      lines.append("x\t").append(labels.get(i)).append("\t\t").append(texts.get(i)).append('\n');
    }
    Files.createDirectories(folder.resolve("glue/CoLA"));
    Files.writeString(folder.resolve("glue/CoLA/train.tsv"), lines);
  }

  private static void write(String name, Checkpoint checkpoint) throws IOException {
    Map<String, byte[]> tokenizer = BuiltInEncoders.read("minilm-l6").tokenizer().contents();
    HuggingFaceFolder.write(folder.resolve(name), checkpoint, tokenizer, true);
  }
}
