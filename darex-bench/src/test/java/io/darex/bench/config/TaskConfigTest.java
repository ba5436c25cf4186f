package io.darex.bench.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.bench.console.BadInputException;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Example;
import io.darex.bench.task.Metric;
import io.darex.bench.task.Part;
import io.darex.bench.task.Partition;
import io.darex.bench.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tasks of a user's own. */
@SuppressWarnings("StringConcatToTextBlock") // a case is one text with what it must lead to
class TaskConfigTest {
  @TempDir private Path folder;

  @Test
  void columnsOfATsvAreNamed() throws IOException {
    write("dev.tsv", "stars\tid\ttext\ngood\ta7\tA \"joy.\nbad\tb1\tÇa non.");
    write("test.tsv", "id\ttext\nz\tWhat?\n");
    Task task =
        task(
            """
            name: reviews
            dev: dev.tsv
            test: test.tsv
            text: text
            label: stars
            index: id
            labels: [bad, good]
            metric: [accuracy, f1]
            """);
    assertThat(task.name()).isEqualTo("reviews");
    assertThat(task.labels()).containsExactly("bad", "good");
    assertThat(task.scoring().metrics()).containsExactly(Metric.ACCURACY, Metric.F1);
    assertThat(task.needsGlue()).isFalse();
    assertThat(task.submission()).isEmpty();
    Part dev = part(task, Partition.DEV);
    assertThat(dev.indices()).containsExactly("a7", "b1");
    assertThat(dev.examples()).containsExactly(Example.of("A \"joy.", 1), Example.of("Ça non.", 0));
    Part test = part(task, Partition.TEST);
    assertThat(test.indices()).containsExactly("z");
    assertThat(test.examples()).containsExactly(Example.of("What?", Double.NaN));
    assertThatThrownBy(() -> part(task, Partition.TRAIN))
        .isInstanceOf(BadInputException.class)
        .hasMessage("task: expected a file under the key 'train', got none");
  }

  @Test
  void columnsOfATsvWithoutHeaderAreNumbered() throws IOException {
    write("train.tsv", "1.5\tone\ttwo\n-2\tthree\tfour\n");
    Task task =
        task(
            """
            train: train.tsv
            header: false
            text: 1
            second: 2
            label: 0
            scores: [-2, 2]
            metric: spearmanr
            """);
    assertThat(task.name()).isEqualTo("task");
    assertThat(task.regression()).isTrue();
    assertThat(part(task, Partition.TRAIN).examples())
        .containsExactly(
            new Example("one", Optional.of("two"), 1.5),
            new Example("three", Optional.of("four"), -2));
    write("train.tsv", "1.5\tone\ttwo\n2.5\tthree\tfour\n");
    assertThatThrownBy(() -> part(task, Partition.TRAIN))
        .hasMessageEndingWith(
            "train.tsv:2: expected a score from -2 to 2 in column 1, got \"2.5\"");
    write("train.tsv", "1.5\tone\ttwo\n2.5\tthree\n");
    assertThatThrownBy(() -> part(task, Partition.TRAIN))
        .hasMessageEndingWith("train.tsv:2: expected 3 tab-separated columns, got 2");
  }

  @Test
  void keysOfJsonLinesAreColumns() throws IOException {
    write(
        "dev.jsonl",
        "\uFEFF{\"text\": \"tab\\there\", \"label\": 1}\r\n{\"label\": 0, \"text\": \"\\u00e7a\"}");
    Task task = task("dev: dev.jsonl\ntext: text\nlabel: label\nlabels: [0, 1]\n");
    assertThat(part(task, Partition.DEV).examples())
        .containsExactly(Example.of("tab\there", 1), Example.of("ça", 0));
    assertThat(task.scoring().primary()).isEqualTo("accuracy");

    for (String[] wrong :
        new String[][] {
          {"{\"text\": \"a\"}", "a text or a number under the key label, got no such key"},
          {"{\"text\": [1], \"label\": 1}", "a text or a number under the key text, got \"[1]\""},
          {"{\"text\": null, \"label\": 1}", "a text or a number under the key text, got \"null\""},
          {"{\"text\": \"a\", \"label\": 2}", "label 0 or 1 in column label, got \"2\""},
          {"[1]", "a JSON object, got \"[1]\""},
          {"{\"text\": ", "a JSON object, got Unexpected end"},
          {"\n{}", "a JSON object, got \"\""},
        }) {
      write("dev.jsonl", "{\"text\": \"a\", \"label\": 1}\n" + wrong[0] + "\n");
      assertThatThrownBy(() -> part(task, Partition.DEV))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("dev.jsonl:2: expected " + wrong[1]);
    }
  }

  @Test
  void blankLinesAtTheEndAreNone() throws IOException {
    write("dev.jsonl", "{\"text\": \"a\", \"label\": 1}\n\r\n\n");
    Task lines = task("dev: dev.jsonl\ntext: text\nlabel: label\nlabels: [0, 1]\n");
    assertThat(part(lines, Partition.DEV).examples()).containsExactly(Example.of("a", 1));

    write("dev.tsv", "text\tlabel\na\t1\n\n");
    Task tsv = task("dev: dev.tsv\ntext: text\nlabel: label\nlabels: [0, 1]\n");
    assertThat(part(tsv, Partition.DEV).examples()).containsExactly(Example.of("a", 1));
    write("dev.tsv", "text\tlabel\n\na\t1\n");
    assertThatThrownBy(() -> part(tsv, Partition.DEV))
        .hasMessageEndingWith("dev.tsv:2: expected 2 tab-separated columns, got 1");
  }

  /** YAML 1.1 reads most of these as something else. */
  @Test
  void labelsKeepTheirText() throws IOException {
    String words = "no, yes, 00, 01, 1e3, ~, True, 1.50, 0x1F, 1_000, null, 'a b', 2024-01-01";
    Task task = task("dev: dev.tsv\ntext: 0\nlabel: 1\nheader: no\nlabels: [" + words + "]\n");
    assertThat(task.written().words()).containsExactly(words.replace("'", "").split(", "));
    write("dev.tsv", "a\t01\nb\t~\nc\tno\n");
    assertThat(part(task, Partition.DEV).examples())
        .extracting(Example::label)
        .containsExactly(3.0, 5.0, 0.0);
  }

  @Test
  void anIndexNamesOneExample() throws IOException {
    write("dev.jsonl", "{\"t\": \"a\", \"l\": 1, \"i\": 7}\n{\"t\": \"b\", \"l\": 1, \"i\": 7}");
    Task task = task("dev: dev.jsonl\ntext: t\nlabel: l\nindex: i\nlabels: [0, 1]\n");
    assertThatThrownBy(() -> part(task, Partition.DEV))
        .isInstanceOf(BadInputException.class)
        .hasMessageEndingWith(
            "dev.jsonl:2: expected an index that no other line has in column i, got \"7\" as in"
                + " line 1");
    write("dev.jsonl", "{\"t\": \"a\", \"l\": 1, \"i\": \"a\\tb\"}");
    assertThatThrownBy(() -> part(task, Partition.DEV))
        .hasMessageContaining("dev.jsonl:1: expected an index in column i, got");
  }

  @Test
  void aMissingColumnIsNamed() throws IOException {
    write("dev.tsv", "id\ttext\n1\ta\n");
    Task task = task("dev: dev.tsv\ntext: text\nlabel: stars\nlabels: [a, b]\n");
    assertThatThrownBy(() -> part(task, Partition.DEV))
        .hasMessageEndingWith("dev.tsv:1: expected a header with column stars, got \"id, text\"");
  }

  @Test
  void anArgumentIsANameOrAFileOrARunsConfiguration() throws IOException {
    assertThat(TaskConfig.of("SST2").name()).isEqualTo("sst-2");
    Path run = write("run.yml", "task: rte\nprune: {seeds: 1}\n");
    assertThat(TaskConfig.of(run.toString()).name()).isEqualTo("rte");
    Path own = write("own.yml", "task:\n  dev: d.tsv\n  text: t\n  label: l\n  scores: [0, 1]\n");
    assertThat(TaskConfig.of(own.toString()).name()).isEqualTo("own");
    assertThat(RunConfig.read(own).task()).isEqualTo(TaskConfig.of(own.toString()));
    assertThatThrownBy(() -> TaskConfig.of("colla")).isInstanceOf(BadInputException.class);
    assertThatThrownBy(() -> TaskConfig.of("nowhere.yml"))
        .hasMessageContaining("expected a YAML file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "text: t|1: expected a file under train, dev or test",
        "\"dev: d.tsv\nlabel: l\nlabels: [a, b]\"|1: expected the key 'text'",
        "\"dev: d.tsv\ntext: t\nlabel: l\"|1: expected either labels: [NAME, NAME, …] or scores",
        "\"dev: d.tsv\n"
            + "text: t\n"
            + "label: l\n"
            + "labels: [a, b]\n"
            + "scores: [0, 1]\"|4: labels: expected either",
        "\"dev: d.tsv\ntext: t\nlabel: l\nlabels: [a]\"|4: labels: expected at least two labels",
        "\"dev: d.tsv\ntext: t\nlabel: l\nlabels: [a, a]\"|4: labels.1: expected each value once",
        "\"dev: d.tsv\ntext: t\nlabel: l\nscores: [1, 0]\"|4: scores: expected the least and the",
        "\"dev: d.tsv\n"
            + "text: t\n"
            + "label: l\n"
            + "labels: [a, b]\n"
            + "metric: bleu\"|5: metric: unknown value 'bleu'",
        "\"dev: d.tsv\n"
            + "text: t\n"
            + "label: l\n"
            + "labels: [a, b]\n"
            + "metric: pearson\"|5: metric: expected metrics of this",
        "\"dev: d.tsv\n"
            + "text: t\n"
            + "label: l\n"
            + "labels: [a, b, c]\n"
            + "metric: f1\"|f1 does not measure a classification with 3",
        "\"dev: d.tsv\n"
            + "header: maybe\n"
            + "text: t\n"
            + "label: 1\n"
            + "labels: [a, b]\"|2: header: expected true or false",
        "\"dev: d.tsv\n"
            + "header: false\n"
            + "text: t\n"
            + "label: 1\n"
            + "labels: [a, b]\"|3: text: expected the number of a column",
        "\"dev: d.jsonl\n"
            + "header: true\n"
            + "text: t\n"
            + "label: l\n"
            + "labels: [a, b]\"|2: header: expected no header with jsonl",
        "\"dev: d.tsv\n"
            + "text: t\n"
            + "label: l\n"
            + "labels: [a, b]\n"
            + "lable: x\"|5: lable: unknown key 'lable': did you mean 'label'?",
      })
  void everyFaultIsOneLineWithItsLine(String yaml, String message) {
    assertThatThrownBy(() -> task(yaml + "\n"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("task.yml:")
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  private Task task(String yaml) throws IOException {
    return TaskConfig.of(write("task.yml", yaml).toString());
  }

  private static Part part(Task task, Partition partition) {
    List<Part> parts = task.source().parts(partition, new DataFolder(Optional.empty(), line -> {}));
    assertThat(parts).hasSize(1);
    return parts.get(0);
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }
}
