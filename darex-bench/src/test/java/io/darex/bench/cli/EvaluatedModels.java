package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.Checkpoint;
import io.darex.prune.Pruning;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.mask.ColumnsMask;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Encoders of one layer, whose heads are chosen to know the answer, and texts to evaluate them on.
 */
final class EvaluatedModels {
  static final EncoderConfig TINY =
      new EncoderConfig(30522, 8, 1, 2, 16, 16, 2, 1e-12, 0, 0, 0, List.of());

  private final Path folder;
  private final Checkpoint base;
  private final Checkpoint tuned;

  EvaluatedModels(Path folder) throws IOException {
    this.folder = folder;
    base = TinyBert.checkpoint(TINY, 1);
    write("base", base);
    // The second of two labels whatever the text: its bias is far above the other's.
    tuned =
        withBias(
            TinyBert.checkpoint(TINY.withLabels(List.of("unacceptable", "acceptable")), 2), 0, 99);
    write("tuned", tuned);
    write("nli", withBias(TinyBert.checkpoint(nli(), 3), 99, 0, 0));
    write("d.safetensors", new Pruning(new RandomMask(7, 0.5)).prune(base, tuned));
    // Its answers depend on the text, so that they tell one computation from another.
    Checkpoint undecided =
        TinyBert.checkpoint(TINY.withLabels(List.of("unacceptable", "acceptable")), 2);
    write("columns.safetensors", new Pruning(new ColumnsMask(7, 0.5)).prune(base, undecided));
    text("glue/CoLA/dev.tsv", "x\t1\t\tBirds sing.\nx\t0\t*\tBirds sings.\nx\t1\t\tHe is.\n");
    text("glue/CoLA/train.tsv", "x\t1\t\tOne.\n".repeat(25));
    text("glue/CoLA/test.tsv", "index\tsentence\n0\tBirds sing.\n1\tHe are.\n");
    String cells = "\t".repeat(8);
    String head = cells + "sentence1\tsentence2\tgold_label\n";
    text("glue/MNLI/dev_matched.tsv", head + cells + "A.\tB.\tcontradiction\n");
    text(
        "glue/MNLI/dev_mismatched.tsv",
        head + cells + "A.\tB.\tneutral\n" + cells + "C.\t" + "long ".repeat(30) + "\tneutral\n");
    text(
        "glue/MNLI/test_matched.tsv",
        "index" + cells + "sentence1\tsentence2\n0" + cells + "A.\tB.\n");
    text(
        "glue/MNLI/test_mismatched.tsv",
        "index" + cells + "sentence1\tsentence2\n0" + cells + "A.\tB.\n");
  }

  Checkpoint tuned() {
    return tuned;
  }

  private static EncoderConfig nli() {
    return TINY.withLabels(List.of("CONTRADICTION", "ENTAILMENT", "NEUTRAL"));
  }

  Outcome evaluate(String model, String task, String... more) {
    String where = model.startsWith("minilm") ? model : folder.resolve(model).toString();
    return Darex.run(
        Stream.concat(
                Stream.of("evaluate", "--model", where, "--task", task, "--glue", folder + "/glue"),
                Stream.of(more))
            .toArray());
  }

  /** Expects one line on standard error, and nothing else. */
  void refused(String message, String model, String task, String... more) {
    Outcome outcome = evaluate(model, task, more);
    assertThat(outcome.code()).as(message).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).startsWith("darex: ").contains(message).hasLineCount(1);
  }

  void write(String name, Checkpoint checkpoint) throws IOException {
    HuggingFaceFolder.write(
        folder.resolve(name),
        checkpoint,
        BuiltInEncoders.read("minilm-l6").tokenizer().contents(),
        true);
  }

  private void write(String name, SparseDelta sparse) throws IOException {
    SparseDeltaFile.write(
        folder.resolve(name),
        sparse.withProvenance(sparse.provenance().withBase(Optional.of(CheckpointDigest.of(base)))),
        true);
  }

  private static Checkpoint withBias(Checkpoint checkpoint, float... bias) {
    SortedMap<String, Tensor> tensors = new TreeMap<>(checkpoint.tensors());
    tensors.put(
        "classifier.bias", new FloatTensor("classifier.bias", new long[] {bias.length}, bias));
    return new InMemoryCheckpoint(tensors, checkpoint.config());
  }

  void text(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }
}
