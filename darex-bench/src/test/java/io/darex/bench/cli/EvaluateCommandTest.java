package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Engine;
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
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code darex evaluate} on encoders of one layer, whose heads are chosen to know the answer. */
class EvaluateCommandTest {
  private static final EncoderConfig TINY =
      new EncoderConfig(30522, 8, 1, 2, 16, 16, 2, 1e-12, 0, 0, 0, List.of());

  @TempDir private static Path folder;
  private static Checkpoint base;
  private static Checkpoint tuned;

  /** What one command did. */
  private record Outcome(int code, String out, String err) {}

  @BeforeAll
  static void writeModelsAndTasks() throws IOException {
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

  @Test
  void scoresACheckpointAndWritesItsPredictions() throws IOException {
    Path file = folder.resolve("out.tsv");
    Outcome outcome = evaluate("tuned", "cola", "--json", "--predictions", file.toString());

    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode root = new ObjectMapper().readTree(outcome.out());
    assertThat(root.at("/task").asText()).isEqualTo("cola");
    assertThat(root.at("/primary").asText()).isEqualTo("matthews_correlation");
    JsonNode part = root.at("/parts/0");
    assertThat(part.at("/part").asText()).isEqualTo("dev");
    assertThat(part.at("/metrics/matthews_correlation").asDouble(-1)).isZero();
    assertThat(part.at("/examples").asInt()).isEqualTo(3);
    // Two or three words, a full stop and the two special tokens.
    assertThat(part.at("/tokens").asInt()).isEqualTo(15);
    assertThat(part.at("/tokensPerSecond").asDouble()).isPositive();
    assertThat(part.at("/seconds").asDouble()).isPositive();
    assertThat(file).hasContent("index\tprediction\tlabel\n0\t1\t1\n1\t1\t0\n2\t1\t1\n");
  }

  @Test
  void aDeltaOnItsBaseScoresAsTheCheckpointItMakesAndWritesNothing() throws IOException {
    Path file = folder.resolve("of-delta.tsv");
    long before = size(folder.resolve("base"));
    Outcome outcome =
        evaluate("base", "cola", "--delta", folder + "/d.safetensors", "--predictions", "" + file);

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out())
        .matches(
            "cola dev: matthews_correlation 0\\.0000, 3 examples, 15 tokens, \\d+ tokens/s, .*"
                + " s\n");
    assertThat(file).hasContent("index\tprediction\tlabel\n0\t1\t1\n1\t1\t0\n2\t1\t1\n");
    assertThat(size(folder.resolve("base"))).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"columns.safetensors", "d.safetensors"})
  void aDeltaBesideItsBasePredictsAsTheMergedModelAndSaysWhatItSaved(String delta)
      throws IOException {
    Path file = folder.resolve("beside.tsv");
    String[] options = {"--delta", folder + "/" + delta, "--predictions", "" + file};
    text(
        "glue/SST-2/dev.tsv",
        "sentence\tlabel\n"
            + Stream.of("One.", "Birds sing.", "He is the man.", "Who?", "Is it?", "We are.")
                .map(text -> text + "\t1\n")
                .collect(Collectors.joining()));
    Outcome merged = evaluate("base", "sst-2", options);
    assertThat(merged.code()).as(merged.err()).isZero();
    assertThat(merged.out()).doesNotContain("beside");
    String expected = Files.readString(file);
    assertThat(expected).contains("\t1\t1\n");

    String[] beside =
        Stream.concat(Stream.of("--beside"), Stream.of(options)).toArray(String[]::new);
    Outcome outcome = evaluate("base", "sst-2", beside);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(file).hasContent(expected);
    assertThat(outcome.out())
        .contains("6 examples")
        .containsPattern(
            "delta beside the base: \\d+\\.\\d\\d % of its multiply-adds skipped, \\d+ of \\d+"
                + " done\n"
                + "$");

    String[] inJson = Stream.concat(Stream.of("--json"), Stream.of(beside)).toArray(String[]::new);
    JsonNode saved =
        new ObjectMapper().readTree(evaluate("base", "sst-2", inJson).out()).at("/beside");
    long dense = saved.at("/multiplyAddsDense").asLong();
    long kept = saved.at("/multiplyAdds").asLong();
    assertThat(kept).isPositive().isLessThan(dense);
    assertThat(saved.at("/skipped").asDouble()).isEqualTo(1 - (double) kept / dense);
  }

  @Test
  void onlyADeltaOfTheBaseGoesBesideIt() {
    refused(
        "--beside: expected a sparse delta as --delta with it, got none",
        "base",
        "cola",
        "--beside");
    refused("wrong base", "tuned", "cola", "--beside", "--delta", folder + "/columns.safetensors");
  }

  @Test
  @Tag("torch")
  void everyEnginePredictsTheSameOrSaysWhyItCannot() throws IOException {
    Path file = folder.resolve("engine.tsv");
    String delta = folder + "/columns.safetensors";
    String[] options = {"--delta", delta, "--predictions", "" + file, "--engine"};
    evaluate("base", "cola", with(options, "auto"));
    String expected = Files.readString(file);
    for (Engine engine : List.of(Engine.DIRECT, Engine.SAMEDIFF, Engine.TORCH)) {
      Optional<String> missing = engine.missing();
      if (missing.isPresent()) {
        String line = "engine " + engine + ": " + missing.get();
        refused(line, "base", "cola", with(options, engine.toString()));
      } else {
        Files.delete(file);
        Outcome outcome = evaluate("base", "cola", with(options, engine.toString()));
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(file).hasContent(expected);
      }
    }
    refused(
        "the SameDiff engine keeps no delta beside its weights",
        "base",
        "cola",
        "--delta",
        delta,
        "--beside",
        "--engine",
        "samediff");
  }

  @Test
  @Tag("torch")
  void halfPrecisionScoresTheSameOrSaysWhyItCannot() throws IOException {
    refused(
        "precision bf16: expected engine torch with it, got auto",
        "tuned",
        "cola",
        "--precision",
        "bf16");
    refused("device cuda:0: expected engine torch with it", "tuned", "cola", "--device", "cuda:0");
    assertThat(evaluate("tuned", "cola", "--device", "gpu").err())
        .startsWith("darex: --device: expected auto, cpu or cuda:N, got 'gpu'");
    if (Engine.TORCH.missing().isEmpty()) {
      Outcome full = evaluate("tuned", "cola", "--json", "--engine", "torch");
      Outcome half =
          evaluate("tuned", "cola", "--json", "--engine", "torch", "--precision", "bf16");
      assertThat(half.code()).as(half.err()).isZero();
      ObjectMapper json = new ObjectMapper();
      assertThat(json.readTree(half.out()).at("/parts/0/metrics"))
          .isNotEmpty()
          .isEqualTo(json.readTree(full.out()).at("/parts/0/metrics"));
    }
  }

  private static String[] with(String[] options, String last) {
    return Stream.concat(Stream.of(options), Stream.of(last)).toArray(String[]::new);
  }

  @Test
  void bothDevSetsOfMnliAreReportedInTheCheckpointsOwnLabelOrder() throws IOException {
    Path file = folder.resolve("mnli.tsv");
    Outcome outcome = evaluate("nli", "mnli", "--json", "--predictions", file.toString());

    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode parts = new ObjectMapper().readTree(outcome.out()).at("/parts");
    assertThat(parts.findValuesAsText("part")).containsExactly("dev_matched", "dev_mismatched");
    assertThat(parts.at("/0/metrics/accuracy").asDouble()).isEqualTo(1);
    assertThat(parts.at("/1/metrics/accuracy").asDouble(-1)).isZero();
    assertThat(parts.at("/1/cut").asInt()).isEqualTo(1);
    assertThat(outcome.err())
        .containsOnlyOnce("dev_mismatched: 1 of 2 texts are longer than 16 tokens and were cut");
    assertThat(file).hasContent("index\tprediction\tlabel\n0\tcontradiction\tcontradiction\n");
    assertThat(folder.resolve("mnli_dev_mismatched.tsv"))
        .hasContent(
            "index\tprediction\tlabel\n0\tcontradiction\tneutral\n1\tcontradiction\tneutral\n");
  }

  @Test
  void testFilesBecomeASubmission() {
    Path out = folder.resolve("submission");
    Outcome cola = evaluate("tuned", "cola", "--split", "test", "--submission", out.toString());
    assertThat(cola.code()).as(cola.err()).isZero();
    assertThat(cola.out()).startsWith("cola test: 2 examples, ");
    assertThat(out.resolve("CoLA.tsv")).hasContent("index\tprediction\n0\t1\n1\t1\n");

    Outcome mnli = evaluate("nli", "mnli", "--split", "test", "--submission", out.toString());
    assertThat(mnli.code()).as(mnli.err()).isZero();
    assertThat(out.resolve("MNLI-m.tsv")).hasContent("index\tprediction\n0\tcontradiction\n");
    assertThat(out.resolve("MNLI-mm.tsv")).hasContent("index\tprediction\n0\tcontradiction\n");
  }

  @Test
  void trainAndItsHeldOutTenthCanBeScored() {
    assertThat(evaluate("tuned", "cola", "--split", "train").out())
        .startsWith("cola train: ")
        .contains("25 examples");
    assertThat(evaluate("tuned", "cola", "--split", "VALIDATION", "--seed", "3").out())
        .startsWith("cola validation: ")
        .contains("2 examples");
  }

  @Test
  void batchesAndLengthAreTheUsersChoice() {
    Outcome narrow = evaluate("tuned", "cola", "--batch-tokens", "5", "--max-length", "8");
    assertThat(narrow.code()).as(narrow.err()).isZero();
    refused("--max-length: expected at most 16", "tuned", "cola", "--max-length", "17");
    refused("--batch-tokens: expected at least 1", "tuned", "cola", "--batch-tokens", "0");
  }

  @Test
  void aRegressionIsScoredByItsCorrelations() throws IOException {
    EncoderConfig config = TINY.withLabels(List.of("LABEL_0"));
    write("score", TinyBert.checkpoint(config, 4));
    String cells = "\t".repeat(7);
    String head = cells + "sentence1\tsentence2\t";
    text(
        "glue/STS-B/dev.tsv",
        head + "score\n" + cells + "A.\tB.\t5.0\n" + cells + "Who?\tThe man.\t0.5\n");
    Path file = folder.resolve("sts.tsv");
    Outcome outcome = evaluate("score", "sts-b", "--json", "--predictions", file.toString());

    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode metrics = new ObjectMapper().readTree(outcome.out()).at("/parts/0/metrics");
    // Of two examples only the order counts.
    for (String metric : List.of("pearson", "spearmanr", "combined_score")) {
      assertThat(Math.abs(metrics.get(metric).asDouble())).isCloseTo(1, within(1e-12));
    }
    assertThat(Files.readAllLines(file).get(1)).matches("0\t-?\\d+(\\.\\d+)?\t5");

    text("glue/STS-B/dev.tsv", head + "score\n" + cells + "A.\tB.\t5.0\n");
    Outcome single = evaluate("score", "sts-b");
    assertThat(single.out()).startsWith("sts-b dev: pearson undefined, spearmanr undefined, ");
    JsonNode none = new ObjectMapper().readTree(evaluate("score", "sts-b", "--json").out());
    assertThat(none.at("/parts/0/metrics/pearson").isNull()).isTrue();

    text("glue/STS-B/test.tsv", "index" + head.stripTrailing() + "\n7" + cells + "A.\tB.\n");
    Path submission = folder.resolve("sts");
    evaluate("score", "sts-b", "--split", "test", "--submission", submission.toString());
    double clipped =
        Double.parseDouble(
            Files.readAllLines(submission.resolve("STS-B.tsv")).get(1).replaceFirst("7\t", ""));
    assertThat(clipped).isBetween(0.0, 5.0);
  }

  @Test
  void modelsThatDoNotFitAreRefusedInOneLine() throws IOException {
    refused("base: expected a head of 2 labels for task cola, got no head", "base", "cola");
    refused("expected a head of 2 labels for task cola, got a head of 3 labels", "nli", "cola");
    refused("expected a regression head for task sts-b, got a head of 2", "tuned", "sts-b");
    refused("expected a head of 2 labels for task cola, got no head", "minilm-l6", "cola");
    refused("wrong base", "tuned", "cola", "--delta", folder + "/d.safetensors");
    refused("nowhere", "nowhere", "cola");
    refused(
        "--split test: expected --submission or --predictions", "tuned", "cola", "--split", "test");
    refused("--submission: expected a task of GLUE", "tuned", "cola", "--submission", "x");

    SortedMap<String, Tensor> headless = new TreeMap<>(tuned.tensors());
    headless.keySet().removeIf(name -> name.startsWith("classifier."));
    write("headless", new InMemoryCheckpoint(headless, tuned.config()));
    refused("headless: expected the tensors of a head", "headless", "cola");

    SortedMap<String, Tensor> torn = new TreeMap<>(tuned.tensors());
    torn.remove("bert.pooler.dense.bias");
    write("torn", new InMemoryCheckpoint(torn, tuned.config()));
    refused("torn: checkpoint does not fit the encoder: bert.pooler.dense.bias", "torn", "cola");

    HuggingFaceFolder.write(folder.resolve("mute"), tuned, Map.of(), true);
    refused("mute: expected a tokenizer: tokenizer.json", "mute", "cola");

    SortedMap<String, Tensor> broken = new TreeMap<>(tuned.tensors());
    broken.put(
        "classifier.bias",
        new FloatTensor("classifier.bias", new long[] {2}, new float[] {0, Float.NaN}));
    write("broken", new InMemoryCheckpoint(broken, tuned.config()));
    refused(
        "expected finite outputs of the model, got NaN or infinity for text 1", "broken", "cola");
  }

  private static EncoderConfig nli() {
    return TINY.withLabels(List.of("CONTRADICTION", "ENTAILMENT", "NEUTRAL"));
  }

  private static void refused(String message, String model, String task, String... more) {
    Outcome outcome = evaluate(model, task, more);
    assertThat(outcome.code()).as(message).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).startsWith("darex: ").contains(message).hasLineCount(1);
  }

  private static Outcome evaluate(String model, String task, String... more) {
    String where = model.startsWith("minilm") ? model : folder.resolve(model).toString();
    List<String> arguments =
        Stream.concat(
                Stream.of("evaluate", "--model", where, "--task", task, "--glue", folder + "/glue"),
                Stream.of(more))
            .toList();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            arguments.toArray(String[]::new));
    return new Outcome(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static void write(String name, Checkpoint checkpoint) throws IOException {
    HuggingFaceFolder.write(
        folder.resolve(name),
        checkpoint,
        BuiltInEncoders.read("minilm-l6").tokenizer().contents(),
        true);
  }

  private static void write(String name, SparseDelta sparse) throws IOException {
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

  private static void text(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private static long size(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
