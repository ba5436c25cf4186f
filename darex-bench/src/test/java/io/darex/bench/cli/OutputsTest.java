package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.cli.Darex.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No command writes over what it reads, or deletes what darex has not written. */
class OutputsTest {
  private static final String RUN =
      """
      task: TASK
      encoder: ENCODER
      finetune: {learningRate: 1.0e-2, epochs: 1, maxLength: 32}
      prune: {mask: random, dropRate: 0.5, rescale: inverse-keep-rate, seeds: 0}
      """;

  @TempDir private static Path folder;

  @BeforeAll
  static void makeInputs() throws IOException {
    Pair.in(folder, OptionalLong.empty());
    TinySweeps sweeps = TinySweeps.in(folder);
    sweeps.config("run", RUN);
    sweeps.config("seeds", RUN.replace("epochs: 1", "epochs: 1, seed: [1, 2]"));
    sweeps.config("broken", RUN.replace("ENCODER", folder.resolve("base").toString()));
    sweeps.config(
        "sweep", RUN.replace("dropRate: 0.5", "dropRate: [0.5, 0.9]") + "sweep: {search: grid}\n");
    Files.writeString(
        folder.resolve("task.yml"),
        "{train: train.tsv, dev: dev.tsv, header: false, text: 0, label: 1, labels: ['0', '1']}");
    Files.writeString(folder.resolve("q.yml"), "{fallback: 0.5}");
    Files.writeString(folder.resolve("texts.txt"), "a text\n");
    Files.createDirectories(folder.resolve("glue/CoLA"));
    Files.createSymbolicLink(folder.resolve("alias"), folder.resolve("base"));
    ok("prune --base base --tuned tuned --drop-rate 0.5 --out delta.safetensors");
  }

  /** Words that name something in the folder, or could, are paths in it. */
  private static Outcome darex(String command) {
    String[] words = command.split(" ", -1);
    Object[] arguments = new Object[words.length];
    for (int i = 0; i < words.length; i++) {
      boolean path =
          words[i].matches("[a-z]+.*[/.].*[a-zA-Z].*")
              || Files.exists(folder.resolve(words[i]), LinkOption.NOFOLLOW_LINKS);
      arguments[i] = i > 0 && path ? folder.resolve(words[i]) : words[i];
    }
    return Darex.run(arguments);
  }

  private static void ok(String command) {
    Outcome outcome = darex(command);
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  /** Paths and contents of all files. */
  private static SortedMap<String, String> all() throws IOException {
    SortedMap<String, String> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.toList()) {
        String content =
            Files.isRegularFile(file)
                ? new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                : "";
        all.put(folder.relativize(file).toString(), content.length() + " " + content.hashCode());
      }
    }
    return all;
  }

  private static void assertRefused(String command, String message) throws IOException {
    SortedMap<String, String> before = all();
    Outcome outcome = darex(command);
    assertThat(outcome.code()).as(command + outcome.err()).isEqualTo(2);
    assertThat(outcome.err().lines().toList().get((int) outcome.err().lines().count() - 1))
        .startsWith("darex: ")
        .contains(message);
    assertThat(all()).as(command).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "prune --base base --tuned tuned --out base/model.safetensors",
        "prune --base base --tuned tuned --out tuned",
        "prune --base base --tuned tuned --out alias/new.safetensors",
        "prune --base base --tuned tuned --q-file q.yml --out q.yml",
        "prune --base base --tuned tuned --rescale q-unlabelled --calibration texts.txt --out"
            + " texts.txt",
        "prune --base base --tuned tuned --rescale q-labelled --task task.yml --out dev.tsv",
        "prune --base base --tuned tuned --rescale q-labelled --task task.yml --out task.yml",
        "apply --base base --delta delta.safetensors --out base",
        "apply --base base --delta delta.safetensors --out alias",
        "apply --base base --delta delta.safetensors --out delta.safetensors",
        "apply --base base --delta delta.safetensors --out base/model.safetensors",
        "export --delta delta.safetensors --out delta.safetensors",
        "select --base base --tuned tuned --drop-rate 0.5 --out base/config.json",
        "select --base base --tuned tuned --drop-rate 0.5 --recipe tuned/r.yml",
        "select --base base --tuned tuned --drop-rate 0.5 --task task.yml --out train.tsv",
        "run run.yml --out encoder",
        "run run.yml --out encoder/deep/new",
        "run run.yml --glue glue --out glue",
        "sweep sweep.yml --out encoder",
        "sweep sweep.yml --glue glue --out glue/CoLA",
      })
  void anInputIsRefusedForcedOrNotAndDryToo(String command) throws IOException {
    assertRefused(command, ": the output ");
    assertRefused(command + " --force", ": the output ");
    if (command.startsWith("prune")) {
      assertRefused(command + " --force --dry-run", ": the output ");
      assertRefused(command + " --force --master local[1]", ": the output ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"encoder/p.tsv", "dev.tsv", "task.yml", "glue/p.tsv", "run.yml"})
  void predictionsTakeTheirOwnPlaceAlone(String file) throws IOException {
    String command = "evaluate --model encoder --task task.yml --glue glue --predictions ";
    assertRefused(
        command + file,
        file.equals("run.yml") ? "expected no such file or one of predictions" : ": the output ");
  }

  @Test
  void oneFileForTwoOutputsIsRefused() throws IOException {
    assertRefused(
        "select --base base --tuned tuned --drop-rate 0.5 --recipe new.yml --out new-q.yml",
        "expected another name for each file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "apply --base base --delta delta.safetensors --out thesis --force",
        "encoder export minilm-l6 --out thesis --force",
        "run run.yml --out thesis --force",
        "run seeds.yml --out thesis --force",
        "sweep sweep.yml --out thesis --force"
      })
  void aForeignFolderStays(String command) throws IOException {
    Path thesis = Files.createDirectories(folder.resolve("thesis"));
    Files.writeString(thesis.resolve("report.md"), "ten years");
    assertRefused(command, "report.md");
    // Names of ours alone do not make it ours.
    Files.writeString(thesis.resolve("results.json"), "{\"p\": 0.049}");
    assertRefused(command, "re");
    Files.delete(thesis.resolve("results.json"));
  }

  @Test
  void whatLiesBesideAnOldRunIsNamedBeforeAnythingIsDeleted() throws IOException {
    ok("run run.yml --out old/run");
    for (String foreign : new String[] {"notes.txt", "tuned/README.md", "deltas/mine.txt"}) {
      Path file = Files.writeString(folder.resolve("old/run").resolve(foreign), "mine");
      assertRefused("run run.yml --out old/run --force", foreign + "; nothing was deleted");
      Files.delete(file);
    }
    assertRefused("run broken.yml --out old/run --force", "unusable encoder config");
    ok("run run.yml --out old/run --force");
    assertThat(folder.resolve("old/run/.darex.lock")).doesNotExist();
  }

  @Test
  void whatLiesBesideAnOldSweepIsNamedBeforeAnythingIsDeleted() throws IOException {
    ok("sweep sweep.yml --out old/sweep");
    for (String foreign : new String[] {"notes.txt", "report.txt", "candidates/mine.txt"}) {
      Path file = Files.writeString(folder.resolve("old/sweep").resolve(foreign), "mine");
      assertRefused("sweep sweep.yml --out old/sweep --force", foreign + "; nothing was deleted");
      Files.delete(file);
    }
    Path train = folder.resolve("train.tsv");
    String texts = Files.readString(train);
    Files.writeString(train, "no label\n");
    assertRefused("sweep sweep.yml --out old/sweep --force", "train.tsv");
    Files.writeString(train, texts);
    ok("sweep sweep.yml --out old/sweep --force");
    assertThat(folder.resolve("old/sweep/.darex.lock")).doesNotExist();
  }
}
