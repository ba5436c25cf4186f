package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} of commands at any moment: no broken output, and the next run ends as if alone.
 */
class KillCommandsTest {
  private static final int KILLS = 6;
  private static final String WEIGHTS = "tuned/model.safetensors";
  private static final long SEED = System.nanoTime();
  private static final SplittableRandom RANDOM = new SplittableRandom(SEED);

  @TempDir private static Path shared;
  private static Path base;
  private static Path delta;

  @TempDir private Path folder;

  /** The built-in encoder, 90 MB, which takes longer to write than a JVM to start. */
  @BeforeAll
  static void prune() throws IOException {
    base = shared.resolve("base");
    delta = shared.resolve("delta.safetensors");
    Path tuned = shared.resolve("tuned");
    ok("encoder", "export", "minilm-l6", "--out", base);
    Checkpoint before = HuggingFaceFolder.open(base);
    List<Tensor> after = new ArrayList<>();
    for (Tensor tensor : before.tensors().values()) {
      float[] values = new float[(int) tensor.count()];
      tensor.read(0, values, 0, values.length);
      for (int i = 0; i < values.length; i++) {
        values[i] += 1e-3f * (i % 7 - 3);
      }
      after.add(new FloatTensor(tensor.name(), tensor.shape(), values));
    }
    HuggingFaceFolder.write(tuned, InMemoryCheckpoint.of(after, before.config()), Map.of(), false);
    ok(
        "prune",
        "--base",
        base,
        "--tuned",
        tuned,
        "--mask",
        "random",
        "--drop-rate",
        0.8,
        "--out",
        delta);
    FileUtils.deleteDirectory(tuned.toFile());
  }

  private static void ok(Object... arguments) {
    Darex.Outcome outcome = Darex.run(arguments);
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  private static Process start(Path said, Object... arguments) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName()));
    Stream.of(arguments).map(Object::toString).forEach(words::add);
    return new ProcessBuilder(words)
        .redirectError(said.toFile())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Kills once one of the files is there, after so many milliseconds at most. */
  private static boolean kill(Process process, long most, Path... sign) throws Exception {
    boolean seen = false;
    while (process.isAlive() && !seen) {
      seen = Stream.of(sign).anyMatch(Files::exists);
      process.waitFor(1, TimeUnit.MILLISECONDS);
    }
    boolean ended = process.waitFor(RANDOM.nextLong(most), TimeUnit.MILLISECONDS);
    process.destroyForcibly().waitFor();
    return !ended;
  }

  private static void assertSame(Path actual, Path expected) throws IOException {
    if (Files.isDirectory(expected)) {
      assertThat(names(actual)).isEqualTo(names(expected));
      for (String name : names(expected)) {
        assertThat(actual.resolve(name)).hasSameBinaryContentAs(expected.resolve(name));
      }
    } else {
      assertThat(actual).hasSameBinaryContentAs(expected);
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** Kills a command whose output is at {@code out}, again and again, and lets it end at last. */
  private void killed(Path expected, Path out, Object... command) throws Exception {
    Path said = shared.resolve("said");
    Path partial = folder.resolve("." + out.getFileName() + ".partial");
    int cut = 0;
    long most = 400;
    for (int i = 0; i < KILLS; i++) {
      String when = "seed " + SEED + ", kill " + i;
      if (kill(start(said, command), most, partial, out)) {
        cut++;
      } else {
        most = Math.max(1, most / 4); // this machine is faster than that
      }
      if (Files.exists(out)) {
        assertSame(out, expected);
        FileUtils.forceDelete(out.toFile());
      } else {
        assertThat(Files.readString(said)).as(when).doesNotContain("darex: ");
      }
    }
    assertThat(cut).as("cut short, seed " + SEED).isPositive();
    Process last = start(said, command);
    assertThat(last.waitFor()).as(Files.readString(said)).isZero();
    assertSame(out, expected);
    assertThat(names(folder)).containsExactly(out.getFileName().toString());
  }

  @Test
  void apply() throws Exception {
    Path expected = shared.resolve("applied");
    ok("apply", "--base", base, "--delta", delta, "--out", expected);
    Path out = folder.resolve("out");
    killed(expected, out, "apply", "--base", base, "--delta", delta, "--out", out);
  }

  @Test
  void export() throws Exception {
    Path expected = shared.resolve("plain.safetensors");
    ok("export", "--delta", delta, "--out", expected);
    Path out = folder.resolve("out.safetensors");
    killed(expected, out, "export", "--delta", delta, "--out", out);
  }

  @Test
  void encoderExport() throws Exception {
    Path out = folder.resolve("out");
    killed(base, out, "encoder", "export", "minilm-l6", "--out", out);
  }

  @Test
  void run() throws Exception {
    Path config =
        TinySweeps.in(folder)
            .config(
                "run",
                """
                task: TASK
                encoder: ENCODER
                finetune: {learningRate: 1.0e-2, epochs: 3, batchSize: 8, maxLength: 32, seed: 4}
                prune:
                  mask: random
                  dropRate: [0.5, 0.9]
                  rescale: [inverse-keep-rate, norm-match]
                  seeds: [0, 1]
                """);
    Path straight = folder.resolve("straight");
    ok("run", config, "--out", straight);
    Path out = folder.resolve("out");
    Path said = folder.resolve("said");
    String[] signs = {
      "training.jsonl", "training/epoch-1", "training/epoch-2", "tuned", "deltas", "results.json"
    };
    for (int i = 0; i < KILLS; i++) {
      Path sign = out.resolve(signs[i]);
      kill(start(said, "run", config, "--out", out), 200, sign);
      assertThat(Files.readString(said)).as("seed " + SEED).doesNotContain("darex: ");
      if (Files.exists(out.resolve("tuned"))) {
        assertSame(out.resolve(WEIGHTS), straight.resolve(WEIGHTS));
      }
    }
    Process last = start(said, "run", config, "--out", out);
    assertThat(last.waitFor()).as(Files.readString(said)).isZero();

    assertThat(results(out)).as("seed " + SEED).isEqualTo(results(straight));
    assertThat(names(out)).isEqualTo(names(straight));
    assertThat(names(out.resolve("tuned"))).isEqualTo(names(straight.resolve("tuned")));
    for (String part : List.of(WEIGHTS, "deltas")) {
      assertSame(out.resolve(part), straight.resolve(part));
    }
    assertThat(out.resolve("training.jsonl"))
        .as("no step twice, none left out, seed " + SEED)
        .hasSameTextualContentAs(straight.resolve("training.jsonl"));
  }

  @Test
  void ctrlCOfAForcedRunSaysThatItGoesOnWithoutForce() throws Exception {
    Path config =
        TinySweeps.in(folder)
            .config(
                "long",
                """
                task: TASK
                encoder: ENCODER
                finetune: {learningRate: 1.0e-2, epochs: 1000, batchSize: 8, maxLength: 32}
                """);
    Path out = folder.resolve("out");
    Path said = folder.resolve("said");
    Process process = start(said, "run", config, "--out", out, "--force");
    while (process.isAlive() && !Files.exists(out.resolve("training.jsonl"))) {
      process.waitFor(1, TimeUnit.MILLISECONDS);
    }

    new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();

    assertThat(process.waitFor()).as(Files.readString(said)).isEqualTo(130);
    assertThat(said)
        .content()
        .contains("what was finished is in " + out)
        .contains("the same command without --force goes on");
  }

  /** Without what a clock says. */
  private static JsonNode results(Path out) throws IOException {
    JsonNode results = new ObjectMapper().readTree(out.resolve("results.json").toFile());
    for (JsonNode epoch : results.at("/training")) {
      ((ObjectNode) epoch).remove("seconds");
    }
    for (JsonNode cell : results.at("/cells")) {
      ((ObjectNode) cell).remove(List.of("cost", "seconds"));
    }
    return results;
  }
}
