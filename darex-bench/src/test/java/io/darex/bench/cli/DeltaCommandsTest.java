package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.safetensors.Safetensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From two models to a delta and back: what must not be lost, nor pass in silence. */
class DeltaCommandsTest {
  /** Rows of the embeddings of the base; the tuned model has one more. */
  private static final int WORDS = 13;

  @TempDir private Path folder;

  private Pair pair;
  private Path sparse;

  @BeforeEach
  void prune() throws IOException {
    pair = Pair.in(folder, OptionalLong.empty());
    sparse = folder.resolve("delta.safetensors");
    assertThat(prune(pair.base(), pair.tuned(), sparse).code()).isZero();
  }

  private static Outcome prune(Object base, Object tuned, Object out) {
    return Darex.run(
        "prune",
        "--base",
        base,
        "--tuned",
        tuned,
        "--out",
        out,
        "--drop-rate",
        0,
        "--mask",
        "random");
  }

  private Path out() {
    return folder.resolve("out");
  }

  @Test
  void anAbsentDigestIsNotTakenForAGoodOne() throws IOException {
    Safetensors file = Safetensors.open(sparse);
    Map<String, String> metadata = new TreeMap<>(file.metadata());
    metadata.put("darex.kept", "none");
    metadata.put("darex.job", "{\"tampered\":true}");
    Safetensors.write(out(), file.tensors().values(), metadata, true);
    Outcome verified = Darex.run("verify", out());
    assertThat(verified.code()).isEqualTo(1);
    assertThat(verified.out())
        .startsWith("absent   file")
        .contains("it has no digest: changed data would not be noticed")
        .hasLineCount(1);
    assertThat(Darex.run("verify", out(), "--allow-unsigned").code()).isZero();
  }

  @Test
  void swappedAndIdenticalModelsAreSaid() throws IOException {
    Outcome swapped =
        Darex.run("prune", "--base", pair.tuned(), "--tuned", pair.base(), "--out", out());
    assertThat(swapped.code()).isZero();
    assertThat(swapped.err()).contains("likely swapped: only the base has a task head");
    Outcome same =
        Darex.run("prune", "--base", pair.base(), "--tuned", pair.base(), "--out", out() + "2");
    assertThat(same.code()).isEqualTo(2);
    assertThat(same.err()).contains("are identical").hasLineCount(1);
    Outcome wrong =
        Darex.run("apply", "--base", pair.tuned(), "--delta", sparse, "--out", out() + "3");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).contains("wrong base: this is the tuned model").hasLineCount(1);
  }

  @Test
  void applySaysWhatHalfPrecisionLosesAndScalesADelta() {
    Outcome half =
        Darex.run(
            "apply", "--base", pair.base(), "--delta", sparse, "--out", out(), "--dtype", "bf16");
    assertThat(half.code()).as(half.err()).isZero();
    assertThat(half.err()).matches("(?s)bf16 rounds away [\\d,]+ of [\\d,]+ kept.*--dtype f32.*");
    Outcome none =
        Darex.run(
            "apply",
            "--base",
            pair.base(),
            "--delta",
            sparse,
            "--out",
            out() + "2",
            "--scale",
            "0");
    assertThat(none.code()).as(none.err()).isZero();
    assertThat(Darex.run("diff", pair.base(), out() + "2").out())
        .containsPattern("all +\\d[\\d,]* +0 ");
    Outcome bad =
        Darex.run(
            "apply",
            "--base",
            pair.base(),
            "--delta",
            sparse,
            "--out",
            out() + "3",
            "--scale",
            "much");
    assertThat(bad.code()).isEqualTo(2);
    assertThat(bad.err()).contains("expected a finite number, got 'much'");
  }

  /** The tuned model knows a word that its base spells letter by letter. */
  @Test
  void theTokenizerOfTheTunedModelGoesWithTheDelta() throws IOException {
    String letters = "[PAD] [UNK] [CLS] [SEP] [MASK] film e ##n ##t ##i ##y ##o ##e";
    Path base = model("bert", WORDS, 1, letters);
    Path tuned = model("bert-tuned", WORDS + 1, 2, letters + " entityone");
    Files.writeString(folder.resolve("dev.tsv"), "text\tlabel\nfilm entityone\t0\nfilm film\t1\n");
    Path task =
        Files.writeString(
            folder.resolve("own.yml"),
            """
            task:
              train: dev.tsv
              dev: dev.tsv
              header: true
              text: text
              label: label
              labels: ['0', '1']
              metric: [accuracy]
            encoder: bert
            """);
    Path delta = folder.resolve("bert-delta");
    Outcome pruned = prune(base, tuned, delta);
    assertThat(pruned.code()).as(pruned.err()).isZero();
    assertThat(pruned.err()).contains("tokenizer: not the base's; files of the tuned model that");
    assertThat(Darex.run("inspect", delta).out()).contains("file    vocab.txt, ");

    Outcome expected = Darex.run("evaluate", "--model", tuned, "--task", task);
    assertThat(expected.out()).contains(" 2 examples, 8 tokens");
    Outcome inMemory = Darex.run("evaluate", "--model", base, "--delta", delta, "--task", task);
    assertThat(inMemory.code()).as(inMemory.err()).isZero();
    assertThat(inMemory.out()).contains(" 2 examples, 8 tokens");
    Outcome applied = Darex.run("apply", "--base", base, "--delta", delta, "--out", out());
    assertThat(applied.code()).as(applied.err()).isZero();
    assertThat(Darex.run("evaluate", "--model", out(), "--task", task).out())
        .contains(" 2 examples, 8 tokens");

    // Where the base's own are meant, they must be what they were.
    Files.writeString(base.resolve("tokenizer_config.json"), "{\"do_lower_case\": false}");
    Outcome changed = Darex.run("evaluate", "--model", base, "--delta", delta, "--task", task);
    assertThat(changed.code()).isEqualTo(2);
    assertThat(changed.err()).contains("tokenizer_config.json of the base").hasLineCount(1);
  }

  private Path model(String name, int words, long seed, String vocabulary) throws IOException {
    EncoderConfig config =
        new EncoderConfig(words, 8, 2, 2, 12, 32, 2, 1e-3, 0, 0, 0, List.of("0", "1"));
    Map<String, byte[]> files =
        Map.of(
            "vocab.txt",
            (vocabulary.replace(' ', '\n') + "\n").getBytes(StandardCharsets.UTF_8),
            "tokenizer_config.json",
            "{\"do_lower_case\": true}".getBytes(StandardCharsets.UTF_8));
    HuggingFaceFolder.write(folder.resolve(name), TinyBert.checkpoint(config, seed), files, true);
    return folder.resolve(name);
  }
}
