package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.prune.Checkpoint;
import io.darex.prune.Pruning;
import io.darex.prune.SparseDelta;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.mask.RandomMask;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code darex predict} on an encoder of one layer, against the encoder asked text by text. */
class PredictCommandTest {
  private static final EncoderConfig TINY =
      new EncoderConfig(30522, 8, 1, 2, 16, 16, 2, 1e-12, 0, 0, 0, List.of());

  private static final List<String> LABELS = List.of("bad", "so so", "good");
  private static final List<String> TEXTS =
      List.of("Birds sing.", "", "He is the \"best\" of men.", "Who?", "It was not so bad at all.");

  @TempDir private static Path folder;
  private static Checkpoint base;
  private static Checkpoint tuned;

  @BeforeAll
  static void writeModels() throws IOException {
    base = TinyBert.checkpoint(TINY, 1);
    tuned = TinyBert.checkpoint(TINY.withLabels(LABELS), 2);
    write("base", base);
    write("tuned", tuned);
    write("score", TinyBert.checkpoint(TINY.withLabels(List.of("LABEL_0")), 3));
    SparseDelta sparse = new Pruning(new RandomMask(7, 0.5)).prune(base, tuned);
    Optional<String> digest = Optional.of(CheckpointDigest.of(base));
    SparseDeltaFile.write(
        folder.resolve("d.safetensors"),
        sparse.withProvenance(sparse.provenance().withBase(digest)),
        true);
    write("merged", sparse.applyTo(base));
    text("texts.txt", String.join("\n", TEXTS) + "\n");
  }

  @Test
  void aLineOfAFileIsATextAndItsProbabilitiesAreThoseOfTheModel() throws IOException {
    Outcome outcome = predict("--model", at("tuned"), at("texts.txt"));

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).isEmpty();
    List<String> lines = outcome.out().lines().toList();
    assertThat(lines).hasSize(1 + TEXTS.size());
    assertThat(lines.get(0)).isEqualTo("index\tprediction\tbad\tso so\tgood");
    for (int i = 0; i < TEXTS.size(); i++) {
      String[] cells = lines.get(i + 1).split("\t", -1);
      double[] expected = probabilities("tuned", TEXTS.get(i), Optional.empty());
      assertThat(cells[0]).isEqualTo("" + i);
      assertThat(cells[1]).isEqualTo(LABELS.get(largest(expected)));
      for (int label = 0; label < expected.length; label++) {
        assertThat(Double.parseDouble(cells[2 + label])).isCloseTo(expected[label], within(1e-6));
      }
    }
  }

  @Test
  void standardInputIsReadWhereNoFileIsNamed() throws IOException {
    Outcome file = predict("--model", at("tuned"), at("texts.txt"));

    assertThat(predictFrom(String.join("\r\n", TEXTS), "--model", at("tuned"))).isEqualTo(file);
    assertThat(predictFrom("", "--model", at("tuned")).out())
        .isEqualTo("index\tprediction\tbad\tso so\tgood\n");
    Outcome broken = predictFrom("a\tb\nc\n", "--model", at("tuned"), "--text", "b");
    assertThat(broken.code()).isEqualTo(2);
    assertThat(broken.err())
        .isEqualTo("darex: standard input:2: expected 2 tab-separated columns, got 1\n");
  }

  @Test
  void aDeltaOnItsBaseAnswersAsTheModelItMakes() throws IOException {
    Outcome merged = predict("--model", at("merged"), at("texts.txt"));

    assertThat(merged.code()).as(merged.err()).isZero();
    assertThat(predict("--base", at("base"), "--delta", at("d.safetensors"), at("texts.txt")))
        .isEqualTo(merged);
    assertThat(merged.out()).isNotEqualTo(predict("--model", at("tuned"), at("texts.txt")).out());
  }

  @Test
  void columnsOfTsvAndOfJsonLinesGiveTheSameAndJsonSaysAll() throws IOException {
    String tsv = text("pairs.tsv", "id\tfirst\tother\nx\tBirds sing.\tWho?\ny\tHe is.\tIt was.\n");
    String bare = text("bare.tsv", "x\tBirds sing.\tWho?\ny\tHe is.\tIt was.\n");
    String json =
        text(
            "pairs.jsonl",
            """
            {"id": "x", "first": "Birds sing.", "other": "Who?"}
            {"id": "y", "first": "He is.", "other": "It was."}
            """);
    String[] named = {"--text", "first", "--second", "other", "--index", "id", "--json"};
    Outcome outcome = predict(named, "--model", at("tuned"), tsv);

    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode line = new ObjectMapper().readTree(outcome.out().lines().findFirst().orElseThrow());
    double[] expected = probabilities("tuned", "Birds sing.", Optional.of("Who?"));
    assertThat(line.at("/index").asText()).isEqualTo("x");
    assertThat(line.at("/prediction").asText()).isEqualTo(LABELS.get(largest(expected)));
    assertThat(line.at("/probabilities/so so").asDouble()).isCloseTo(expected[1], within(1e-6));
    assertThat(predict(named, "--model", at("tuned"), json)).isEqualTo(outcome);
    String copy = Files.copy(Path.of(json), folder.resolve("copy.txt")).toString();
    assertThat(predict(named, "--model", at("tuned"), "--format", "jsonl", copy))
        .isEqualTo(outcome);
    String[] numbers = {"--text", "1", "--second", "2", "--index", "0", "--no-header", "--json"};
    assertThat(predict(numbers, "--model", at("tuned"), bare)).isEqualTo(outcome);
  }

  @Test
  void aRegressionGivesAScore() throws IOException {
    Outcome outcome = predict("--model", at("score"), at("texts.txt"));

    List<String> lines = outcome.out().lines().toList();
    assertThat(lines.get(0)).isEqualTo("index\tprediction");
    for (int i = 0; i < TEXTS.size(); i++) {
      float expected = logits("score", TEXTS.get(i), Optional.empty())[0];
      assertThat(Double.parseDouble(lines.get(i + 1).split("\t", -1)[1]))
          .isCloseTo(expected, within(1e-5));
    }
    assertThat(predict("--model", at("score"), "--json", at("texts.txt")).out())
        .startsWith("{\"index\":\"0\",\"prediction\":")
        .doesNotContain("probabilities");
  }

  @Test
  void moreTextsThanFitTogetherComeInTheirOrderAndAreCountedOverFiles() throws IOException {
    List<String> many =
        IntStream.range(0, 5000).mapToObj(i -> TEXTS.get(i % TEXTS.size()) + ".").toList();
    String file = text("many.txt", String.join("\n", many) + "\n");
    Outcome once = predict("--model", at("tuned"), file);
    Outcome twice = predict("--model", at("tuned"), file, file);

    assertThat(answers(twice, 0))
        .isEqualTo(IntStream.range(0, 10_000).mapToObj(String::valueOf).toList());
    assertThat(answers(twice, 2).subList(0, 5000)).isEqualTo(answers(once, 2));
    assertThat(answers(twice, 2).subList(5000, 10_000)).hasSameSizeAs(answers(once, 2));
    List<Double> shares = answers(twice, 2).stream().map(Double::valueOf).toList();
    for (int i = 0; i < shares.size(); i++) {
      double expected = shares.get(i % TEXTS.size());
      assertThat(shares.get(i)).as("text " + i).isCloseTo(expected, within(2e-6));
    }
    assertThat(shares.stream().distinct().count()).isGreaterThanOrEqualTo(TEXTS.size());
  }

  @Test
  void textsThatAreCutAreCounted() throws IOException {
    String file = text("long.txt", "word ".repeat(30) + "\nWho?\n");
    assertThat(predict("--model", at("tuned"), file).err())
        .isEqualTo("1 of 2 texts are longer than 16 tokens and were cut\n");
    assertThat(predict("--quiet", "--model", at("tuned"), "--max-length", "8", file).err())
        .isEmpty();
  }

  @Test
  void classesCanBeNamed() {
    assertThat(predict("--model", at("tuned"), "--classes", "1,2,3", at("texts.txt")).out())
        .startsWith("index\tprediction\t1\t2\t3\n0\t");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "texts.txt | expected either --model, or --base and --delta",
        "--base base texts.txt | expected either --model, or --base and --delta",
        "--model tuned --delta d.safetensors texts.txt | expected either --model, or --base and",
        "--model base texts.txt | expected a fine-tuned model with a head, got no head",
        "--base tuned --delta d.safetensors texts.txt | wrong base",
        "--model nowhere texts.txt | nowhere: no checkpoint there",
        "--model tuned nowhere.txt | nowhere.txt: expected a file, got nothing of that name",
        "--model tuned --text words texts.txt | texts.txt:1: expected a header with column words",
        "--model tuned --second 1 texts.txt | expected --text with --second, --index and --no-h",
        "--model tuned --text a --no-header texts.txt | --text: expected the number of a column",
        "--model tuned --classes a,b texts.txt | --classes: expected 3 different names",
        "--model tuned --classes a,b,b texts.txt | --classes: expected 3 different names",
        "--model tuned --format json texts.txt | --format: unknown value 'json': did you mean",
        "--model tuned --max-length 17 texts.txt | --max-length: expected at most 16",
        "--model tuned --max-length 7 texts.txt | --max-length: expected at least 8",
        "--model tuned --format jsonl texts.txt | texts.txt:1: expected a JSON object",
      })
  void badInputIsOneLineAndExitCode2(String arguments, String message) {
    Outcome outcome =
        predict(
            Stream.of(arguments.split(" ", -1))
                .map(word -> word.matches("(base|tuned|texts|nowhere|d)(\\..*)?") ? at(word) : word)
                .toArray(String[]::new));

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).startsWith("darex: ").contains(message);
    assertThat(outcome.err().lines().filter(line -> !line.startsWith("Try "))).hasSize(1);
  }

  private static List<String> answers(Outcome outcome, int column) {
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return outcome.out().lines().skip(1).map(line -> line.split("\t", -1)[column]).toList();
  }

  private static float[] logits(String model, String text, Optional<String> second)
      throws IOException {
    Pretrained opened = Pretrained.open(folder.resolve(model));
    EncoderConfig config = opened.config();
    try (Tokenizer tokenizer = opened.tokenizer().open(config.maxTokens(), config.vocabSize());
        Encoder encoder = Encoders.open(config, opened.checkpoint(), 0)) {
      return encoder.logits(Batch.of(List.of(tokenizer.encode(text, second))))[0];
    }
  }

  /** 1 / Σ exp(other − own), which is softmax in another way than the command's. */
  private static double[] probabilities(String model, String text, Optional<String> second)
      throws IOException {
    float[] logits = logits(model, text, second);
    double[] shares = new double[logits.length];
    for (int own = 0; own < shares.length; own++) {
      double sum = 0;
      for (float other : logits) {
        sum += Math.exp((double) other - logits[own]);
      }
      shares[own] = 1 / sum;
    }
    return shares;
  }

  private static int largest(double[] values) {
    return IntStream.range(0, values.length)
        .reduce((a, b) -> values[b] > values[a] ? b : a)
        .orElseThrow();
  }

  private static Outcome predict(String... arguments) {
    return predict(new String[0], arguments);
  }

  private static Outcome predict(String[] more, String... arguments) {
    List<String> all = new ArrayList<>(List.of("predict"));
    all.addAll(List.of(arguments));
    all.addAll(List.of(more));
    return Darex.run(all.toArray());
  }

  private static Outcome predictFrom(String input, String... arguments) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    try {
      return predict(arguments);
    } finally {
      System.setIn(before);
    }
  }

  private static String at(String name) {
    return folder.resolve(name).toString();
  }

  private static String text(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content).toString();
  }

  private static void write(String name, Checkpoint checkpoint) throws IOException {
    HuggingFaceFolder.write(
        folder.resolve(name),
        checkpoint,
        BuiltInEncoders.read("minilm-l6").tokenizer().contents(),
        true);
  }
}
