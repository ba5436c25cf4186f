package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Example;
import io.darex.bench.task.Task;
import io.darex.bench.task.TaskData;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Sweeps on an encoder that trains in a second.
 *
 * @param folder where encoder, data and configurations lie
 */
public record TinySweeps(Path folder) {
  /** λ and penalty of twelve fine-tunes. */
  public static final String RANDOM =
      """
      task: TASK
      encoder: ENCODER
      finetune:
        optimizer: [adamr-l2, adamr-l1, adamr-l1-prox]
        lambda: {loguniform: [1e-5, 1e-1]}
        learningRate: 1.0e-2
        epochs: 2
        maxLength: 32
      prune: {mask: random, dropRate: 0.5, rescale: inverse-keep-rate, seeds: [0, 1]}
      sweep: {candidates: 12, parallel: 2, threads: 1, seed: 3}
      """;

  private static final EncoderConfig TINY =
      new EncoderConfig(30522, 8, 1, 2, 16, 64, 2, 1e-12, 0.1, 0.1, 0.1, List.of());

  /** Writes encoder and data. */
  public static TinySweeps in(Path folder) throws IOException {
    HuggingFaceFolder.write(
        folder.resolve("encoder"),
        TinyBert.checkpoint(TINY, 1),
        BuiltInEncoders.read("minilm-l6").tokenizer().contents(),
        false);
    TaskData all = Task.named("agreement").load(new DataFolder(Optional.empty(), line -> {}), 0);
    write(folder.resolve("train.tsv"), all.train().subList(0, 200));
    write(folder.resolve("dev.tsv"), all.dev().subList(0, 60));
    return new TinySweeps(folder);
  }

  private static void write(Path file, List<Example> examples) throws IOException {
    Files.write(file, examples.stream().map(e -> e.text() + "\t" + (int) e.label()).toList());
  }

  /** Writes a configuration whose {@code TASK} and {@code ENCODER} are these. */
  public Path config(String name, String yaml) throws IOException {
    String task =
        "{train: train.tsv, dev: dev.tsv, header: false, text: 0, label: 1, labels: ['0', '1'],"
            + " metric: accuracy}";
    return Files.writeString(
        folder.resolve(name + ".yml"),
        yaml.replace("TASK", task).replace("ENCODER", folder.resolve("encoder").toString()));
  }

  /** The journal by candidate, times aside. */
  public static Map<Integer, JsonNode> journal(Path out) throws IOException {
    Map<Integer, JsonNode> rows = new TreeMap<>();
    List<String> lines = Files.readAllLines(out.resolve("journal.jsonl"));
    for (String line : lines.subList(1, lines.size())) {
      ObjectNode row = (ObjectNode) new ObjectMapper().readTree(line);
      row.remove(List.of("seconds", "elapsed"));
      assertThat(rows.put(row.get("candidate").asInt(), row)).isNull();
    }
    return rows;
  }
}
