package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A fine-tune whose classes are in another order than the task's labels, as its {@code id2label}
 * says, is scored, searched and weighed as the same one in the task's order.
 */
class ForeignLabelsTest {
  @TempDir private static Path folder;
  private static TinySweeps sweeps;
  private static Path tuned;
  private static Path turned;

  @BeforeAll
  static void fineTuneAndTurnTheHeadRound() throws IOException {
    sweeps = TinySweeps.in(folder);
    String yaml =
        """
        task: TASK
        encoder: ENCODER
        finetune: {learningRate: 1.0e-2, epochs: 2, maxLength: 32}
        prune: {mask: random, dropRate: 0.5, rescale: inverse-keep-rate, seeds: 0}
        """;
    Path out = folder.resolve("finetune");
    Darex.Outcome run = Darex.run("run", sweeps.config("own", yaml), "--out", out);
    assertThat(run.code()).as(run.err()).isZero();
    tuned = out.resolve("tuned");
    turned = folder.resolve("turned");
    Checkpoint checkpoint = HuggingFaceFolder.open(tuned);
    EncoderConfig config = EncoderConfig.fromJson(checkpoint.config().orElseThrow());
    List<String> labels = new ArrayList<>(config.labels());
    Collections.reverse(labels);
    SortedMap<String, Tensor> tensors = new TreeMap<>(checkpoint.tensors());
    for (String name : List.of("classifier.weight", "classifier.bias")) {
      tensors.compute(name, (key, head) -> turned(head));
    }
    HuggingFaceFolder.write(
        turned,
        new InMemoryCheckpoint(tensors, Optional.of(config.withLabels(labels).toJson())),
        BuiltInEncoders.read("minilm-l6").tokenizer().contents(),
        false);
  }

  /** The rows in the other order. */
  private static Tensor turned(Tensor head) {
    float[] values = new float[(int) head.count()];
    int half = values.length / 2;
    head.read(half, values, 0, half);
    head.read(0, values, half, half);
    return new FloatTensor(head.name(), head.shape(), values);
  }

  @Test
  void aRunOfAGivenFinetuneScoresAndSearchesAlike() throws IOException {
    String yaml =
        """
        task: TASK
        encoder: ENCODER
        tuned: TUNED
        finetune: {maxLength: 32}
        prune: {mask: random, dropRate: 0.9, rescale: q-labelled, searchSeeds: [7], seeds: 0}
        """;
    List<JsonNode> results = new ArrayList<>();
    for (Path each : List.of(tuned, turned)) {
      String name = each.getFileName() + "-run";
      Path config = sweeps.config(name, yaml.replace("TUNED", each.toString()));
      Darex.Outcome run = Darex.run("run", config, "--out", folder.resolve(name));
      assertThat(run.code()).as(run.err()).isZero();
      results.add(
          new ObjectMapper().readTree(folder.resolve(name).resolve("results.json").toFile()));
    }
    assertThat(results.get(0).at("/tuned/validation").asDouble()).isNotEqualTo(0.5);
    for (String place : List.of("/tuned", "/base", "/cells/0/searched", "/cells/0/value")) {
      assertThat(results.get(1).at(place)).as(place).isEqualTo(results.get(0).at(place));
    }
  }

  @Test
  void labelsWeighTensorsAlike() throws IOException {
    List<String> masks = new ArrayList<>();
    // A task of GLUE's layout whose labels the checkpoints call 0 and 1.
    for (Path each : List.of(tuned, turned)) {
      Path out = folder.resolve(each.getFileName() + ".safetensors");
      Darex.Outcome prune =
          Darex.run(
              "prune",
              "--base",
              folder.resolve("encoder"),
              "--tuned",
              each,
              "--task",
              folder.resolve("own.yml"),
              "--budget",
              "apl",
              "--drop-rate",
              "0.5",
              "--out",
              out);
      assertThat(prune.code()).as(prune.err()).isZero();
      masks.add(Safetensors.open(out).metadata().get("darex.mask"));
    }
    assertThat(masks.get(0)).contains("dropRate");
    assertThat(masks.get(1)).isEqualTo(masks.get(0));
  }
}
