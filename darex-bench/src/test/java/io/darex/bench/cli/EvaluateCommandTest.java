package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.Tensor;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code darex evaluate} on encoders of one layer, whose heads are chosen to know the answer. */
class EvaluateCommandTest {
  @TempDir private static Path folder;
  private static EvaluatedModels models;

  @BeforeAll
  static void write() throws IOException {
    models = new EvaluatedModels(folder);
  }

  @Test
  void scoresACheckpointAndWritesItsPredictions() throws IOException {
    Path file = folder.resolve("out.tsv");
    Outcome outcome = models.evaluate("tuned", "cola", "--json", "--predictions", file.toString());

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
        models.evaluate(
            "base", "cola", "--delta", folder + "/d.safetensors", "--predictions", "" + file);

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out())
        .matches(
            "cola dev: matthews_correlation 0\\.0000, 3 examples, 15 tokens, \\d+ tokens/s, .*"
                + " s\n");
    assertThat(file).hasContent("index\tprediction\tlabel\n0\t1\t1\n1\t1\t0\n2\t1\t1\n");
    assertThat(size(folder.resolve("base"))).isEqualTo(before);
  }

  @Test
  void bothDevSetsOfMnliAreReportedInTheCheckpointsOwnLabelOrder() throws IOException {
    Path file = folder.resolve("mnli.tsv");
    Outcome outcome = models.evaluate("nli", "mnli", "--json", "--predictions", file.toString());

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
    Outcome cola =
        models.evaluate("tuned", "cola", "--split", "test", "--submission", out.toString());
    assertThat(cola.code()).as(cola.err()).isZero();
    assertThat(cola.out()).startsWith("cola test: 2 examples, ");
    assertThat(out.resolve("CoLA.tsv")).hasContent("index\tprediction\n0\t1\n1\t1\n");

    Outcome mnli =
        models.evaluate("nli", "mnli", "--split", "test", "--submission", out.toString());
    assertThat(mnli.code()).as(mnli.err()).isZero();
    assertThat(out.resolve("MNLI-m.tsv")).hasContent("index\tprediction\n0\tcontradiction\n");
    assertThat(out.resolve("MNLI-mm.tsv")).hasContent("index\tprediction\n0\tcontradiction\n");
  }

  @Test
  void trainAndItsHeldOutTenthCanBeScored() {
    assertThat(models.evaluate("tuned", "cola", "--split", "train").out())
        .startsWith("cola train: ")
        .contains("25 examples");
    assertThat(models.evaluate("tuned", "cola", "--split", "VALIDATION", "--seed", "3").out())
        .startsWith("cola validation: ")
        .contains("2 examples");
  }

  @Test
  void batchesAndLengthAreTheUsersChoice() {
    Outcome narrow = models.evaluate("tuned", "cola", "--batch-tokens", "5", "--max-length", "8");
    assertThat(narrow.code()).as(narrow.err()).isZero();
    models.refused("--max-length: expected at most 16", "tuned", "cola", "--max-length", "17");
    models.refused("--batch-tokens: expected at least 1", "tuned", "cola", "--batch-tokens", "0");
  }

  @Test
  void aRegressionIsScoredByItsCorrelations() throws IOException {
    EncoderConfig config = EvaluatedModels.TINY.withLabels(List.of("LABEL_0"));
    models.write("score", TinyBert.checkpoint(config, 4));
    String cells = "\t".repeat(7);
    String head = cells + "sentence1\tsentence2\t";
    models.text(
        "glue/STS-B/dev.tsv",
        head + "score\n" + cells + "A.\tB.\t5.0\n" + cells + "Who?\tThe man.\t0.5\n");
    Path file = folder.resolve("sts.tsv");
    Outcome outcome = models.evaluate("score", "sts-b", "--json", "--predictions", file.toString());

    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode metrics = new ObjectMapper().readTree(outcome.out()).at("/parts/0/metrics");
    // Of two examples only the order counts.
    for (String metric : List.of("pearson", "spearmanr", "combined_score")) {
      assertThat(Math.abs(metrics.get(metric).asDouble())).isCloseTo(1, within(1e-12));
    }
    assertThat(Files.readAllLines(file).get(1)).matches("0\t-?\\d+(\\.\\d+)?\t5");

    models.text("glue/STS-B/dev.tsv", head + "score\n" + cells + "A.\tB.\t5.0\n");
    Outcome single = models.evaluate("score", "sts-b");
    assertThat(single.out()).startsWith("sts-b dev: pearson undefined, spearmanr undefined, ");
    JsonNode none = new ObjectMapper().readTree(models.evaluate("score", "sts-b", "--json").out());
    assertThat(none.at("/parts/0/metrics/pearson").isNull()).isTrue();

    models.text("glue/STS-B/test.tsv", "index" + head.stripTrailing() + "\n7" + cells + "A.\tB.\n");
    Path submission = folder.resolve("sts");
    models.evaluate("score", "sts-b", "--split", "test", "--submission", submission.toString());
    double clipped =
        Double.parseDouble(
            Files.readAllLines(submission.resolve("STS-B.tsv")).get(1).replaceFirst("7\t", ""));
    assertThat(clipped).isBetween(0.0, 5.0);
  }

  @Test
  void modelsThatDoNotFitAreRefusedInOneLine() throws IOException {
    models.refused("base: expected a head of 2 labels for task cola, got no head", "base", "cola");
    models.refused(
        "expected a head of 2 labels for task cola, got a head of 3 labels", "nli", "cola");
    models.refused("expected a regression head for task sts-b, got a head of 2", "tuned", "sts-b");
    models.refused("expected a head of 2 labels for task cola, got no head", "minilm-l6", "cola");
    models.refused("wrong base", "tuned", "cola", "--delta", folder + "/d.safetensors");
    models.refused("nowhere", "nowhere", "cola");
    models.refused(
        "--split test: expected --submission or --predictions", "tuned", "cola", "--split", "test");
    models.refused("--submission: expected a task of GLUE", "tuned", "cola", "--submission", "x");

    SortedMap<String, Tensor> headless = new TreeMap<>(models.tuned().tensors());
    headless.keySet().removeIf(name -> name.startsWith("classifier."));
    models.write("headless", new InMemoryCheckpoint(headless, models.tuned().config()));
    models.refused("headless: expected the tensors of a head", "headless", "cola");

    SortedMap<String, Tensor> torn = new TreeMap<>(models.tuned().tensors());
    torn.remove("bert.pooler.dense.bias");
    models.write("torn", new InMemoryCheckpoint(torn, models.tuned().config()));
    models.refused(
        "torn: checkpoint does not fit the encoder: bert.pooler.dense.bias", "torn", "cola");

    HuggingFaceFolder.write(folder.resolve("mute"), models.tuned(), Map.of(), true);
    models.refused("mute: expected a tokenizer: tokenizer.json", "mute", "cola");

    SortedMap<String, Tensor> broken = new TreeMap<>(models.tuned().tensors());
    broken.put(
        "classifier.bias",
        new FloatTensor("classifier.bias", new long[] {2}, new float[] {0, Float.NaN}));
    models.write("broken", new InMemoryCheckpoint(broken, models.tuned().config()));
    models.refused(
        "expected finite outputs of the model, got NaN or infinity for text 1", "broken", "cola");
  }

  private static long size(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
