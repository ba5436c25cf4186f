package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.cli.Darex.Outcome;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.FloatTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** From two checkpoints to a sparse delta and back, on the command line. */
class PruneCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path shared;
  private static Pair pair;
  private static Path sparse;

  @TempDir private Path folder;

  @BeforeAll
  static void prune() throws IOException {
    pair = Pair.in(shared, OptionalLong.empty());
    sparse = shared.resolve("delta.safetensors");
    Outcome outcome =
        Darex.run(
            "prune",
            "--base",
            pair.base(),
            "--tuned",
            pair.tuned(),
            "--out",
            sparse,
            "--mask",
            "random",
            "--drop-rate",
            0.9,
            "--seed",
            7);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("of 35,648 entries").contains("q 0.1").hasLineCount(1);
    assertThat(outcome.err())
        .contains("3 tensors, 35,648 entries to prune")
        .contains("whole: classifier.weight [2, 64] (only in the tuned model)")
        .contains("free; the tuned model has 143 KB");
  }

  private Outcome prune(String... options) {
    return Darex.run(
        Stream.concat(
                Stream.of("prune", "--base", pair.base(), "--tuned", pair.tuned(), "--out", out()),
                Stream.of(options))
            .toArray());
  }

  private Path out() {
    return folder.resolve("out.safetensors");
  }

  /** The independent judge of mask v1: vectors of the Python oracle. */
  static List<JsonNode> vectors() throws IOException {
    Path file = Path.of("../darex-prune/src/test/resources/io/darex/prune/mask/mask_v1.json");
    JsonNode root = JSON.readTree(file.toFile());
    return Stream.iterate(0, i -> i < root.size(), i -> i + 1).map(root::get).toList();
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void keepsTheOraclesIndicesAndExactlyTunedMinusBase(JsonNode vector)
      throws IOException, GeneralSecurityException {
    SplittableRandom random = new SplittableRandom(3);
    String name = vector.get("name").asText();
    FloatTensor before = Pair.random(random, name, 1, null, vector.get("n").asLong());
    FloatTensor after = Pair.random(random, name, 1e-3, before, before.count());
    Path base = folder.resolve("base.safetensors");
    Path tuned = folder.resolve("tuned.safetensors");
    Safetensors.write(base, List.of(before), Map.of(), false);
    Safetensors.write(tuned, List.of(after), Map.of(), false);
    double dropRate = vector.get("dropRate").asDouble();
    Path plain = folder.resolve("plain.safetensors");
    Path pruned = folder.resolve("pruned.safetensors");

    Outcome outcome =
        Darex.run(
            "prune",
            "--base",
            base,
            "--tuned",
            tuned,
            "--mask",
            "random",
            "--drop-rate",
            dropRate,
            "--rescale",
            "inverse-keep-rate",
            "--seed",
            vector.get("seed").asText(),
            "--out",
            out());
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(Darex.run("export", "--delta", out(), "--out", plain).code()).isZero();
    assertThat(Darex.run("apply", "--base", base, "--delta", out(), "--out", pruned).code())
        .isZero();

    int kept = vector.get("count").asInt();
    Tensor indices = Safetensors.open(plain).tensors().get(name + ".indices");
    ByteBuffer bytes = indices.bytes(0, kept);
    byte[] raw = new byte[bytes.remaining()];
    bytes.duplicate().get(raw);
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(raw)))
        .isEqualTo(vector.get("sha256OfInt64LE").asText());
    float[] expected = new float[kept];
    float[] dense = values(before);
    float q = (float) (1 - dropRate);
    for (int i = 0; i < kept; i++) {
      int index = (int) bytes.getLong(Long.BYTES * i);
      expected[i] = after.at(index) - before.at(index);
      dense[index] = before.at(index) + expected[i] / q;
    }
    assertThat(values(Safetensors.open(out()).tensors().get("values"))).isEqualTo(expected);
    assertThat(values(Safetensors.open(pruned).tensors().get(name))).isEqualTo(dense);
  }

  @Test
  void isTheSameThroughShardsAndOnAnyThreads() throws IOException {
    Pair shards = Pair.in(folder.resolve("shards"), OptionalLong.of(20_000));
    assertThat(shards.base().resolve("model.safetensors.index.json")).exists();
    for (int threads : new int[] {1, 2, 8}) {
      Outcome outcome =
          Darex.run(
              "prune",
              "--base",
              shards.base(),
              "--tuned",
              shards.tuned(),
              "--out",
              out(),
              "--mask",
              "random",
              "--drop-rate",
              0.9,
              "--seed",
              7,
              "--threads",
              threads,
              "--force");
      assertThat(outcome.code()).as(outcome.err()).isZero();
      assertThat(out()).hasSameBinaryContentAs(sparse);
    }
  }

  @Test
  void inspectsVerifiesAppliesAndCompares() throws IOException {
    Outcome inspected = Darex.run("inspect", sparse);
    assertThat(inspected.code()).isZero();
    assertThat(inspected.out())
        .contains("bert." + Pair.DENSE)
        .contains("mask    random, dropRate 0.9, seed 7")
        .contains("3 tensors; 1 tensors whole")
        .doesNotContain("smaller ones");
    assertThat(inspected.out().lines())
        .allMatch(line -> line.length() <= 100 || line.startsWith("job"));
    JsonNode json = JSON.readTree(Darex.run("inspect", sparse, "--json").out());
    assertThat(json.at("/bytes").asLong()).isEqualTo(Files.size(sparse));
    assertThat(json.at("/mask/seed").asText()).isEqualTo("7");
    assertThat(json.at("/pruned")).hasSize(3);

    Outcome verified = Darex.run("verify", sparse, "--base", pair.base(), "--tuned", pair.tuned());
    assertThat(verified.code()).as(verified.out()).isZero();
    assertThat(verified.out().lines()).hasSize(6).allMatch(line -> line.startsWith("ok "));

    Path pruned = folder.resolve("pruned");
    Outcome applied = Darex.run("apply", "--base", pair.base(), "--delta", sparse, "--out", pruned);
    assertThat(applied.code()).as(applied.err()).isZero();
    assertThat(applied.out()).isEqualTo(pruned + System.lineSeparator());
    assertThat(pruned.resolve("vocab.txt")).exists();
    assertThat(pruned.resolve("config.json"))
        .content()
        .isEqualTo(Files.readString(pair.tuned().resolve("config.json")));

    JsonNode diff = JSON.readTree(Darex.run("diff", pair.base(), pruned, "--json").out());
    assertThat(diff.at("/identical").asBoolean()).isFalse();
    assertThat(diff.at("/onlySecond/0").asText()).isEqualTo(Pair.HEAD);
    assertThat(diff.at("/total/changed").asLong()).isEqualTo(json.at("/kept").asLong());
    assertThat(Darex.run("diff", pruned, pruned).out()).startsWith("identical: 4 tensors");
    assertThat(Darex.run("diff", pair.base(), pair.tuned()).out())
        .contains("only in " + pair.tuned() + ": " + Pair.HEAD)
        .contains("darex select finds the smallest file for your task");
  }

  @Test
  void verifyFindsWhatIsNotSo() throws IOException {
    byte[] bytes = Files.readAllBytes(sparse);
    bytes[bytes.length / 2] ^= 1;
    Files.write(out(), bytes);
    Outcome damaged = Darex.run("verify", out());
    assertThat(damaged.code()).isEqualTo(1);
    assertThat(damaged.out()).startsWith("failed   file").contains("damaged").hasLineCount(1);

    Outcome swapped = Darex.run("verify", sparse, "--base", pair.tuned(), "--tuned", pair.tuned());
    assertThat(swapped.code()).isEqualTo(1);
    assertThat(swapped.out())
        .contains("failed   base digest")
        .contains("ok       tuned digest")
        .contains("failed   kept values    tensor bert.");
  }

  @Test
  void withoutDigestsTheFileSaysSo() throws IOException {
    assertThat(prune("--no-digest", "--drop-rate", "0.9").code()).isZero();
    JsonNode json = JSON.readTree(Darex.run("inspect", out(), "--json").out());
    assertThat(json.at("/base").isNull()).isTrue();
    assertThat(json.at("/digest").isTextual()).isTrue();
    Outcome verified = Darex.run("verify", out(), "--base", pair.base(), "--tuned", pair.tuned());
    assertThat(verified.code()).isEqualTo(1);
    assertThat(verified.out()).contains("absent   base digest").contains("ok       kept values");
  }

  @Test
  void appliesToAnyTypeInShardsOrOneFile() throws IOException {
    Path half = folder.resolve("half");
    Outcome outcome =
        Darex.run(
            "apply",
            "--base",
            pair.base(),
            "--delta",
            sparse,
            "--out",
            half,
            "--dtype",
            "bf16",
            "--shard-size",
            "20KB");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(half.resolve("model.safetensors.index.json")).exists();
    assertThat(half.resolve("config.json")).content().contains("\"torch_dtype\" : \"bfloat16\"");
    assertThat(HuggingFaceFolder.open(half).tensors().values())
        .allMatch(tensor -> tensor.dtype().name().equals("BF16"));

    // From a base in BF16 comes a pruned model in BF16, but for what is carried whole.
    Path again = folder.resolve("again.safetensors");
    assertThat(
            Darex.run("apply", "--base", half, "--delta", sparse, "--out", again, "--no-digest")
                .code())
        .isZero();
    Checkpoint typed = HuggingFaceFolder.open(again);
    assertThat(typed.tensors().get("bert." + Pair.DENSE).dtype()).hasToString("BF16");
    assertThat(typed.tensors().get(Pair.HEAD).dtype()).hasToString("F32");
  }

  @Test
  void optionsGoBeforeTheConfiguration() throws IOException {
    Path config =
        Files.writeString(
            folder.resolve("c.yml"), "mask: random\ndropRate: 0.5\nseed: 3\nq: 0.25\n");
    assertThat(prune("--config", config.toString(), "--seed", "4").code()).isZero();
    JsonNode json = JSON.readTree(Darex.run("inspect", out(), "--json").out());
    assertThat(json.at("/mask/dropRate").asDouble()).isEqualTo(0.5);
    assertThat(json.at("/mask/seed").asText()).isEqualTo("4");
    assertThat(json.at("/pruned/0/q").asDouble()).isEqualTo(0.25);
  }

  @Test
  void takesAQForEachTensor() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("q.yml"), "fallback: 0.5\ntensors: {'*.dense.weight': 0.125}\n");
    assertThat(prune("--q-file", file.toString(), "--drop-rate", "0.9").code()).isZero();
    JsonNode json = JSON.readTree(Darex.run("inspect", out(), "--json").out());
    for (JsonNode tensor : json.at("/pruned")) {
      boolean dense = tensor.get("name").asText().endsWith("dense.weight");
      assertThat(tensor.get("q").asDouble()).isEqualTo(dense ? 0.125 : 0.5);
    }
  }

  @Test
  void aFileIsAsLargeAsAskedForAndNoLarger() throws IOException {
    for (String options : List.of("", " --mask random", " --values f16 --scope tensor")) {
      Outcome outcome = prune(("--force --bytes 8KB" + options).split(" ", -1));
      assertThat(outcome.code()).as(outcome.err()).isZero();
      assertThat(outcome.err()).contains("file: about 8.00 KB, ");
      assertThat(Files.size(out())).as(options).isBetween(7_900L, 8_000L);
      Outcome verified = Darex.run("verify", out(), "--base", pair.base(), "--tuned", pair.tuned());
      assertThat(verified.code()).as(verified.out()).isZero();
    }
  }

  @Test
  void aShareIsOneOfTheTunedModelAndOnePercentWhereNothingIsSaid() throws IOException {
    SplittableRandom random = new SplittableRandom(5);
    FloatTensor before = Pair.random(random, "a.weight", 1, null, 1000, 1000);
    FloatTensor after = Pair.random(random, "a.weight", 1e-3, before, 1000, 1000);
    Path base = folder.resolve("base.safetensors");
    Path tuned = folder.resolve("tuned.safetensors");
    Safetensors.write(base, List.of(before), Map.of(), false);
    Safetensors.write(tuned, List.of(after), Map.of(), false);
    Path unsaid = folder.resolve("unsaid.safetensors");
    String[] start = {"prune", "--base", base + "", "--tuned", tuned + "", "--out"};
    assertThat(Darex.run(words(start, unsaid, "")).code()).isZero();
    Outcome outcome = Darex.run(words(start, out(), " --bytes 1% --json"));
    assertThat(outcome.code()).as(outcome.err()).isZero();

    assertThat(out()).hasSameBinaryContentAs(unsaid);
    assertThat(Files.size(out())).isBetween(39_900L, 40_000L);
    JsonNode json = JSON.readTree(outcome.out());
    assertThat(json.at("/bytes").asLong()).isEqualTo(Files.size(out()));
    assertThat(json.at("/denseBytes").asLong()).isEqualTo(4_000_000);
  }

  private static Object[] words(String[] start, Path out, String options) {
    return (String.join(" ", start) + " " + out + options).split(" ", -1);
  }

  @Test
  void aFileThatCannotBeSoSmallIsRefusedWithItsParts() throws IOException {
    for (String options : List.of("--no-digest", "--bytes 1%", "--bytes 1.43KB")) {
      Outcome outcome = prune(options.split(" ", -1));
      assertThat(outcome.code()).as(options).isEqualTo(2);
      assertThat(outcome.out()).isEmpty();
      assertThat(outcome.err().lines().toList())
          .last(InstanceOfAssertFactories.STRING)
          .matches(
              "darex: expected at least [\\d.]+ KB for this pair \\(tensors carried whole, such as"
                  + " the head, 512 B, (files beside the weights [\\d.]+ K?B, )?header and table"
                  + " [\\d.]+ KB\\), got 1\\.43 KB");
      assertThat(folder).isEmptyDirectory();
    }
  }

  @Test
  void saysWhatIsKnownToLoseMuch() {
    String known = "known to lose much";
    for (String each : List.of("random 0.99", "columns 0.99", "magnitude 0.9 --rescale none")) {
      String options = "--force --mask " + each.replaceFirst(" ", " --drop-rate ");
      assertThat(prune(options.split(" ")).err()).as(each).contains(known);
    }
    for (String each : List.of("random 0.9", "magnitude 0.5 --rescale none", "magnitude 0.99")) {
      String options = "--force --mask " + each.replaceFirst(" ", " --drop-rate ");
      Outcome outcome = prune(options.split(" "));
      assertThat(outcome.code()).as(outcome.err()).isZero();
      assertThat(outcome.err()).as(each).doesNotContain(known);
    }
  }

  @Test
  void reportsADeltaThatWasSparseAlready() throws IOException {
    assertThat(prune("--mask", "magnitude", "--drop-rate", "0.75", "--no-digest").code()).isZero();
    Path tuned = folder.resolve("sparse");
    assertThat(Darex.run("apply", "--base", pair.base(), "--delta", out(), "--out", tuned).code())
        .isZero();
    Object[] again = {
      "prune",
      "--base",
      pair.base(),
      "--tuned",
      tuned,
      "--out",
      out(),
      "--force",
      "--mask",
      "magnitude",
      "--drop-rate",
      0.9
    };
    Outcome outcome = Darex.run(again);
    assertThat(outcome.out())
        .containsPattern(
            "75\\.0 % of the delta was zero already: of about [\\d,]+ entries that changed [\\d,]+"
                + " are kept; effective total drop rate 0\\.97498");
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.count()];
    tensor.read(0, values, 0, values.length);
    return values;
  }
}
