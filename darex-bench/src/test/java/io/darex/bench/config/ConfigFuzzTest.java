package io.darex.bench.config;

import io.darex.bench.fuzz.ReaderFuzz;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Partition;
import io.darex.bench.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything that is read from YAML, TSV and JSON lines, against hostile files. */
class ConfigFuzzTest {
  private static final String OWN =
      """
      name: own
      train: %1$s
      dev: %1$s
      text: a
      second: b
      label: c
      index: i
      labels: [no, 01, 1e3]
      metric: [accuracy, matthews_correlation]
      """;

  @TempDir private Path folder;

  private static List<String> examples(String... names) throws IOException {
    List<String> texts = new ArrayList<>();
    for (String name : names) {
      texts.add(Files.readString(Path.of("..", "configs", name + ".yml")));
    }
    return texts;
  }

  @Test
  void runs() throws IOException {
    List<String> good = examples("quickstart", "cola", "own-data", "methods", "finetune/lora");
    ReaderFuzz.run(folder.resolve("run.yml"), good, RunConfig::read);
  }

  @Test
  void recipes() throws IOException {
    Files.writeString(folder.resolve("q.yml"), "fallback: 0.5\ntensors: {a: 0.1, \"b*\": 0.2}\n");
    List<String> good = new ArrayList<>(examples("prune/magnitude", "prune/n-m"));
    good.add(
        "mask: random\ndropRate: 0.9\nrescale: q\nqFile: q.yml\nonly: [a, b.*]\nvalues: f16\n");
    ReaderFuzz.run(
        folder.resolve("recipe.yml"),
        good,
        file -> RecipeReader.of(RecipeReader.read(file).keys()));
  }

  @Test
  void filesOfQs() throws IOException {
    Path recipe = folder.resolve("recipe.yml");
    Files.writeString(recipe, "mask: random\ndropRate: 0.9\nrescale: q\nqFile: q.yml\n");
    List<String> good =
        List.of(
            "fallback: 0.5\ntensors:\n  \"encoder.0.a\\n\": 0.1\n  b*: 1\n",
            "{\"fallback\": 1.0e-1, \"tensors\": {\"a\": 0.1, \"b\": 0.25}}");
    ReaderFuzz.run(
        folder.resolve("q.yml"), good, file -> RecipeReader.of(RecipeReader.read(recipe).keys()));
  }

  @Test
  void tasks() throws IOException {
    List<String> good =
        List.of(OWN.formatted("a.tsv"), "task:\n  " + OWN.formatted("a").replace("\n", "\n  "));
    ReaderFuzz.run(folder.resolve("task.yml"), good, file -> TaskConfig.of(file.toString()));
  }

  @Test
  void tabSeparatedLines() throws IOException {
    Task task = task("data.tsv");
    List<String> good =
        List.of(
            "i\ta\tb\tc\n0\tone\ttwo\t01\n1\tüber\t\"\tno\n",
            "\ufeffc\tx\tb\ti\ta\r\n1e3\t\ttwo\t7\tone\r\n01\t\tb\t8\ta\r\n\r\n");
    ReaderFuzz.run(folder.resolve("data.tsv"), good, file -> read(task));
  }

  @Test
  void jsonLines() throws IOException {
    Task task = task("data.jsonl");
    List<String> good =
        List.of(
            "{\"i\": 0, \"a\": \"one\", \"b\": \"two\", \"c\": \"01\"}\n"
                + "{\"a\": \"\\u00fc\\n"
                + "\", \"b\": 1.5, \"c\": \"no\", \"i\": \"x\", \"d\": [{}]}\n\n");
    ReaderFuzz.run(folder.resolve("data.jsonl"), good, file -> read(task));
  }

  private Task task(String data) throws IOException {
    Path yaml = Files.writeString(folder.resolve("task.yml"), OWN.formatted(data));
    return TaskConfig.of(yaml.toString());
  }

  private static void read(Task task) {
    DataFolder none = new DataFolder(Optional.empty(), line -> {});
    task.source().parts(Partition.DEV, none);
    task.load(none, 0);
  }
}
