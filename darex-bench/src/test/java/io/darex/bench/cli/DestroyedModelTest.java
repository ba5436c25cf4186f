package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A fine-tune whose feed-forward layers are so large that they overflow once DARE divides by 1 − p.
 * It answers 1 to every text and 0 is right: a destroyed model, whose largest output is its first
 * if NaN is not looked at, would seem to be perfect.
 */
class DestroyedModelTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;
  private static Path task;
  private static Path tuned;

  @BeforeAll
  static void writeModelsAndTask() throws IOException {
    TinySweeps sweeps = TinySweeps.in(folder);
    for (String part : List.of("train.tsv", "dev.tsv")) {
      Path file = folder.resolve(part);
      Files.write(
          file,
          Files.readAllLines(file).stream().map(line -> line.replaceAll("\t.$", "\t0")).toList());
    }
    Checkpoint base = HuggingFaceFolder.open(folder.resolve("encoder"));
    EncoderConfig config =
        EncoderConfig.fromJson(base.config().orElseThrow()).withLabels(List.of("0", "1"));
    SortedMap<String, Tensor> tensors = new TreeMap<>(TinyBert.checkpoint(config, 1).tensors());
    tensors.putAll(base.tensors());
    enlarge(tensors, "bert.encoder.layer.0.intermediate.dense.weight", 0x1p53f);
    enlarge(tensors, "bert.encoder.layer.0.output.dense.weight", 4e21f);
    tensors.put(
        "classifier.bias",
        new FloatTensor("classifier.bias", new long[] {2}, new float[] {0, 1000}));
    tuned = folder.resolve("tuned");
    HuggingFaceFolder.write(
        tuned,
        new InMemoryCheckpoint(tensors, Optional.of(config.toJson())),
        BuiltInEncoders.read("minilm-l6").tokenizer().contents(),
        false);
    task =
        sweeps.config(
            "run",
            """
            task: TASK
            encoder: ENCODER
            tuned: TUNED
            finetune: {maxLength: 32}
            prune:
              mask: random
              dropRate: 0.9
              rescale: [inverse-keep-rate, q-labelled]
              seeds: 42
            """
                .replace("TUNED", tuned.toString()));
  }

  private static void enlarge(SortedMap<String, Tensor> tensors, String name, float factor) {
    Tensor weight = tensors.get(name);
    float[] values = new float[(int) weight.count()];
    weight.read(0, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    tensors.put(name, new FloatTensor(name, weight.shape(), values));
  }

  @Test
  void aRunTellsItFromAModelThatIsWrong() throws IOException {
    Path out = folder.resolve("out");
    Outcome run = Darex.run("run", task, "--out", out);
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode results = JSON.readTree(out.resolve("results.json").toFile());
    assertThat(results.at("/tuned/validation").asDouble(-1)).isZero();
    JsonNode dare = results.at("/cells/0");
    assertThat(dare.get("value").asText()).isEqualTo("NaN");
    assertThat(dare.get("validation").asText()).isEqualTo("NaN");
    JsonNode searched = results.at("/cells/1");
    assertThat(searched.at("/searched/0/score").asText()).isEqualTo("NaN");
    for (JsonNode point : searched.get("searched")) {
      if (point.get("q").equals(searched.get("q"))) {
        assertThat(point.get("score").isNumber()).isTrue();
      }
    }
    assertThat(searched.get("q").asDouble()).isGreaterThan(.11);
    assertThat(out.resolve("report.md")).content().contains("| outputs not finite |");
    // The cells that are there are read again.
    assertThat(Darex.run("run", task, "--out", out).err()).contains("2 of 2 cells were done");

    Outcome evaluate =
        Darex.run(
            "evaluate",
            "--model",
            folder.resolve("encoder"),
            "--delta",
            out.resolve(dare.get("file").asText()),
            "--task",
            task);
    assertThat(evaluate.code()).isEqualTo(2);
    assertThat(evaluate.out()).isEmpty();
    assertThat(evaluate.err())
        .contains("expected finite outputs of the model, got NaN or infinity for text")
        .hasLineCount(1);
  }

  @Test
  void noLabelledSearchEndsWithIt() throws IOException {
    Path file = folder.resolve("pruned.safetensors");
    Outcome prune =
        Darex.run(
            "prune",
            "--base",
            folder.resolve("encoder"),
            "--tuned",
            tuned,
            "--task",
            task,
            "--mask",
            "random",
            "--rescale",
            "q-labelled",
            "--drop-rate",
            "0.9",
            "--out",
            file);
    assertThat(prune.code()).as(prune.err()).isZero();
    assertThat(prune.err()).contains("scores NaN");
    assertThat(SparseDeltaFile.read(file).scale().fallback()).isGreaterThan(.11);
  }

  @Test
  void aSelectionSkipsItAndSaysSo() {
    Outcome select =
        Darex.run(
            "select",
            "--base",
            folder.resolve("encoder"),
            "--tuned",
            tuned,
            "--task",
            task,
            "--drop-rate",
            "0.9",
            "--trial-seeds",
            "1");
    assertThat(select.code()).as(select.err()).isZero();
    assertThat(select.err())
        .contains(
            "random inverse-keep-rate: skipped, the pruned model's outputs are NaN or infinite");
    assertThat(select.out()).contains("random inverse-keep-rate: skipped");
  }
}
