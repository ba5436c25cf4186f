package io.darex.bench.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.encoder.Activation;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Family;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Heads that are missing, that are another task's, and whose classes are called otherwise. */
class HeadsTest {
  private static final List<String> LABELS = List.of("bad", "good");

  @TempDir private static Path folder;

  @BeforeAll
  static void writeTasks() throws IOException {
    StringBuilder rows = new StringBuilder("text\tsecond\tlabel\tscore\n");
    for (int i = 0; i < 120; i++) {
      rows.append("birds sing ").append(i).append("\ttwice\t");
      rows.append(LABELS.get(i % 2)).append('\t').append(i % 5).append('\n');
    }
    Files.writeString(folder.resolve("rows.tsv"), rows);
    String files = "train: rows.tsv\ndev: rows.tsv\ntext: text\n";
    Files.writeString(folder.resolve("own.yml"), files + "label: label\nlabels: [bad, good]\n");
    Files.writeString(
        folder.resolve("pair.yml"), files + "second: second\nlabel: label\nlabels: [bad, good]\n");
  }

  private static EncoderConfig config(Family family, List<String> labels) {
    boolean distil = family == Family.DISTILBERT;
    int types = distil ? 0 : family.body() == Family.ROBERTA ? 1 : 2;
    return EncoderConfig.builder()
        .family(family)
        .vocabSize(9)
        .embeddingSize(8)
        .hiddenSize(8)
        .layers(1)
        .heads(2)
        .intermediateSize(16)
        .maxPositions(64)
        .typeVocabSize(types)
        .padToken(0)
        .activation(Activation.GELU)
        .layerNormEps(1e-5)
        .hiddenDropout(0.1)
        .attentionDropout(0.1)
        .classifierDropout(0.1)
        .labels(labels)
        .build();
  }

  private static Path write(String name, Checkpoint checkpoint) throws IOException {
    Path path = folder.resolve(name);
    HuggingFaceFolder.write(
        path,
        checkpoint,
        Map.of(
            "vocab.txt",
            "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nbirds\nsing\ntwice\n".getBytes(UTF_8),
            "tokenizer_config.json",
            "{\"do_lower_case\": true, \"tokenizer_class\": \"BertTokenizer\"}".getBytes(UTF_8)),
        true);
    return path;
  }

  private static Checkpoint without(Checkpoint checkpoint, String layer) {
    SortedMap<String, Tensor> tensors = new TreeMap<>(checkpoint.tensors());
    assertThat(tensors.keySet().removeIf(name -> name.startsWith(layer + "."))).isTrue();
    return new InMemoryCheckpoint(tensors, checkpoint.config());
  }

  private static Outcome evaluate(Path model, String task, Object... more) {
    Object[] all = new Object[5 + more.length];
    System.arraycopy(
        new Object[] {"evaluate", "--model", model, "--task", folder.resolve(task + ".yml")},
        0,
        all,
        0,
        5);
    System.arraycopy(more, 0, all, 5, more.length);
    return Darex.run(all);
  }

  /** One line of error and nothing else. */
  private static void refused(Outcome outcome, String... messages) {
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err()).startsWith("darex: ").contains(messages).hasLineCount(1);
    assertThat(outcome.out()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void noLayerOfAHeadIsDrawnForScoring(Family family) throws IOException {
    Checkpoint tuned = TinyBert.checkpoint(config(family, LABELS), 1);
    Path whole = write("whole", tuned);
    assertThat(evaluate(whole, "own").code()).isZero();
    String dense =
        switch (family.body()) {
          case BERT -> "bert.pooler.dense";
          case DISTILBERT -> "pre_classifier";
          default -> "classifier.dense";
        };
    String out =
        family == Family.BERT || family == Family.DISTILBERT ? "classifier" : "classifier.out_proj";
    for (String layer : List.of(dense, out)) {
      Path poor = write("poor", without(tuned, layer));
      refused(evaluate(poor, "own"), "poor: expected the tensors of a head", layer);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert.pooler.dense", "classifier"})
  void norForSearching(String layer) throws IOException {
    Path base = write("base", TinyBert.checkpoint(config(Family.BERT, List.of()), 2));
    Checkpoint tuned = TinyBert.checkpoint(config(Family.BERT, LABELS), 1);
    Path poor = write("poor", without(tuned, layer));
    Path task = folder.resolve("own.yml");
    refused(
        Darex.run("select", "--base", base, "--tuned", poor, "--task", task, "--drop-rate", "0.5"),
        "poor: expected the tensors of a head, " + layer);
    Path delta = folder.resolve("delta.safetensors");
    Outcome prune =
        Darex.run(
            "prune",
            "--base",
            base,
            "--tuned",
            poor,
            "--task",
            task,
            "--rescale",
            "q-labelled",
            "--out",
            delta);
    assertThat(prune.code()).isEqualTo(2);
    assertThat(prune.err()).contains("poor: expected the tensors of a head, " + layer);
    assertThat(delta).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"own, 3", "own, 1", "score, 2", "own, 0"})
  void fineTuningDrawsAHeadOfAnotherSizeAndSaysSo(String kind, int labels) throws IOException {
    List<String> all = List.of("contradiction", "entailment", "neutral");
    EncoderConfig config = config(Family.BERT, all.subList(0, labels));
    Path encoder = write("encoder", TinyBert.checkpoint(config, 3));
    String answers = kind.equals("own") ? "labels: [bad, good]" : "scores: [0, 4]";
    String column = kind.equals("own") ? "label" : "score";
    Path yaml =
        Files.writeString(
            folder.resolve("run.yml"),
            """
            task: {train: rows.tsv, dev: rows.tsv, text: text, label: COLUMN, ANSWERS}
            encoder: ENCODER
            finetune: {epochs: 1, maxLength: 16}
            prune: {mask: random, dropRate: 0.5, rescale: inverse-keep-rate, seeds: 0}
            """
                .replace("COLUMN", column)
                .replace("ANSWERS", answers)
                .replace("ENCODER", encoder.toString()));
    Path out = folder.resolve("out-" + kind + labels);
    Outcome run = Darex.run("run", yaml, "--out", out);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).containsOnlyOnce("head: classifier drawn");
    Checkpoint tuned = HuggingFaceFolder.open(out.resolve("tuned"));
    int outputs = kind.equals("own") ? 2 : 1;
    assertThat(tuned.tensors().get("classifier.weight").shape()).containsExactly(outputs, 8);
    Path delta = out.resolve("deltas/0.5-inverse-keep-rate-0.safetensors");
    Outcome apply =
        Darex.run(
            "apply", "--base", encoder, "--delta", delta, "--out", folder.resolve(out + "-dense"));
    assertThat(apply.code()).as(apply.err()).isZero();
  }

  @Test
  void aHeadOfTheSameSizeGoesOnAndAPoolerIsDrawnWhereThereIsNone() throws IOException {
    Checkpoint tuned = TinyBert.checkpoint(config(Family.BERT, LABELS), 3);
    Path encoder = write("encoder", tuned);
    String yaml =
        """
        task: {train: rows.tsv, dev: rows.tsv, text: text, label: label, labels: [bad, good]}
        encoder: ENCODER
        finetune: {epochs: 1, maxLength: 16}
        prune: {mask: random, dropRate: 0.5, rescale: inverse-keep-rate, seeds: 0}
        """;
    Path file =
        Files.writeString(folder.resolve("same.yml"), yaml.replace("ENCODER", encoder.toString()));
    Outcome run = Darex.run("run", file, "--out", folder.resolve("same"));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("head: goes on from that of the encoder");

    String json = tuned.config().orElseThrow().replace("SequenceClass", "TokenClass");
    Checkpoint tagger =
        new InMemoryCheckpoint(without(tuned, "bert.pooler").tensors(), Optional.of(json));
    Path other = write("tagger", tagger);
    Files.writeString(file, yaml.replace("ENCODER", other.toString()));
    run = Darex.run("run", file, "--out", folder.resolve("tagged"));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("head: bert.pooler.dense drawn");
    refused(evaluate(other, "own"), "tagger: expected a head of 2 labels", "got no head");
  }

  @Test
  void theOrderOfTheClassesIsTheUsersToSay() throws IOException {
    SortedMap<String, Tensor> tensors =
        new TreeMap<>(TinyBert.checkpoint(config(Family.BERT, LABELS), 1).tensors());
    // The first class whatever the text.
    tensors.put(
        "classifier.bias", new FloatTensor("classifier.bias", new long[] {2}, new float[] {99, 0}));
    String json = config(Family.BERT, List.of("x", "y")).toJson();
    Path model = write("xy", new InMemoryCheckpoint(tensors, Optional.of(json)));
    Path file = folder.resolve("xy.tsv");

    Outcome plain = evaluate(model, "own", "--predictions", file);
    assertThat(plain.err()).containsOnlyOnce("assuming x = bad, y = good; if not so, name them");
    assertThat(Files.readAllLines(file).get(1)).startsWith("0\tbad\t");
    Outcome given = evaluate(model, "own", "--classes", "good,bad", "--predictions", file);
    assertThat(given.err()).doesNotContain("assuming");
    assertThat(Files.readAllLines(file).get(1)).startsWith("0\tgood\t");
    refused(
        evaluate(model, "own", "--classes", "good"),
        "xy: classes: expected the labels of task own, bad, good, each once");
  }

  @Test
  void aPairNeedsTwoTokenTypesOrATokenizerThatGivesOne() throws IOException {
    Path model = write("one", TinyBert.checkpoint(config(Family.ROBERTA, LABELS), 1));
    assertThat(evaluate(model, "own").code()).isZero();
    refused(evaluate(model, "pair"), "expected single texts", "type_vocab_size 1", "got a pair");
    Path two = write("two", TinyBert.checkpoint(config(Family.DISTILBERT, LABELS), 1));
    assertThat(evaluate(two, "pair").code()).isZero();
  }
}
