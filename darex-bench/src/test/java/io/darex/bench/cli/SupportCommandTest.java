package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.KeptTensor;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** finetune.support on the command line, from a fine-tune to the delta of what was trained. */
class SupportCommandTest {
  private static final String TRAIN =
      """
      task: TASK
      encoder: ENCODER
      finetune: {learningRate: 1.0e-2, epochs: 2, maxLength: 32}
      prune: {dropRate: 0.5, seeds: [0]}
      """;
  private static final String SUPPORT =
      """
      task: TASK
      encoder: ENCODER
      finetune: {support: kept.safetensors, learningRate: 1.0e-2, epochs: 1, maxLength: 32}
      prune: {mask: magnitude, dropRate: 0, rescale: none, values: bf16}
      """;

  @TempDir private static Path shared;
  private static TinySweeps tiny;
  private static Path encoder;
  private static Path tuned;
  private static Path kept;

  @TempDir private Path folder;

  @BeforeAll
  static void prune() throws IOException {
    tiny = TinySweeps.in(shared);
    encoder = shared.resolve("encoder");
    tuned = shared.resolve("first/tuned");
    kept = shared.resolve("kept.safetensors");
    run(tiny.config("train", TRAIN), shared.resolve("first"));
    prune(0.9, kept);
    prune(0.5, shared.resolve("more.safetensors"));
  }

  private static void prune(double dropRate, Path out) {
    ok(
        Darex.run(
            "prune",
            "--base",
            encoder,
            "--tuned",
            tuned,
            "--mask",
            "magnitude",
            "--drop-rate",
            dropRate,
            "--out",
            out));
  }

  private static Outcome run(Path yaml, Path out) {
    return ok(Darex.run("run", yaml, "--out", out));
  }

  private static Outcome ok(Outcome outcome) {
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return outcome;
  }

  @Test
  void theResultDiffersFromTheBaseOnTheSupportAndIsStoredWithoutLoss() throws IOException {
    Path out = folder.resolve("out");
    Outcome first = run(tiny.config("support", SUPPORT), out);
    assertThat(first.err())
        .contains("support: trains ", " entries, and 2 tensors as a whole")
        .doesNotContain("drawn");

    SparseDelta support = SparseDeltaFile.read(kept);
    Map<String, Tensor> base = HuggingFaceFolder.open(encoder).tensors();
    Map<String, Tensor> trained = HuggingFaceFolder.open(out.resolve("tuned")).tensors();
    SparseDelta stored;
    try (Stream<Path> deltas = Files.list(out.resolve("deltas"))) {
      stored = SparseDeltaFile.read(deltas.toList().get(0));
    }
    assertThat(stored.kept()).containsOnlyKeys(support.kept().keySet());
    long changed = 0;
    for (String name : support.kept().keySet()) {
      Set<Long> allowed = places(support.kept().get(name));
      Set<Long> nonZero = new TreeSet<>();
      for (long i = 0; i < base.get(name).count(); i++) {
        if (base.get(name).at(i) != trained.get(name).at(i)) {
          nonZero.add(i);
        }
      }
      assertThat(allowed).as(name).containsAll(nonZero);
      assertThat(places(stored.kept().get(name))).as(name).isEqualTo(nonZero);
      changed += nonZero.size();
    }
    assertThat(changed).isPositive();
    assertThat(out.resolve("results.json"))
        .content()
        .contains("\"adamr-l2, entries of kept.safetensors\"");

    byte[] weights = Files.readAllBytes(out.resolve("tuned/model.safetensors"));
    Outcome again = run(shared.resolve("support.yml"), out);
    assertThat(again.err()).contains("fine-tune: done already");
    assertThat(out.resolve("tuned/model.safetensors")).hasBinaryContent(weights);
  }

  private static Set<Long> places(KeptTensor tensor) {
    Set<Long> places = new TreeSet<>();
    tensor.forEach((index, value) -> places.add(index));
    return places;
  }

  @Test
  void anotherFileUnderTheSameNameIsAnotherFineTune() throws IOException {
    Path file = folder.resolve("kept.safetensors");
    Files.copy(kept, file);
    Path yaml = tiny.config("moved", SUPPORT.replace("kept.safetensors", file.toString()));
    Path out = folder.resolve("out");
    run(yaml, out);
    Path elsewhere = Files.copy(kept, folder.resolve("elsewhere.safetensors"));
    tiny.config("moved", SUPPORT.replace("kept.safetensors", elsewhere.toString()));
    assertThat(run(yaml, out).err()).contains("fine-tune: done already");
    tiny.config("moved", SUPPORT.replace("kept.safetensors", file.toString()));
    Files.copy(shared.resolve("more.safetensors"), file, StandardCopyOption.REPLACE_EXISTING);

    Outcome other = Darex.run("run", yaml, "--out", out);

    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("another fine-tune");
    ok(Darex.run("run", yaml, "--out", out, "--force"));
  }

  @Test
  void seedsAndSweepsWork() throws IOException {
    Path seeds = folder.resolve("seeds");
    run(tiny.config("seeds", SUPPORT.replace("epochs: 1", "epochs: 1, seed: [0, 1]")), seeds);
    assertThat(seeds.resolve("seed-1/tuned")).isDirectory();
    String space = SUPPORT.replace("kept.safetensors", "[kept.safetensors, more.safetensors]");
    Path swept = folder.resolve("swept");
    Path yaml = tiny.config("sweep", space + "sweep: {search: grid}\n");

    ok(Darex.run("sweep", yaml, "--out", swept));

    assertThat(TinySweeps.journal(swept)).hasSize(2);
    try (Stream<Path> finetunes = Files.list(swept.resolve("finetunes"))) {
      assertThat(finetunes).hasSize(2);
    }
    try (Stream<Path> candidates = Files.list(swept.resolve("candidates"))) {
      Path candidate =
          candidates.filter(each -> each.toString().endsWith(".yml")).findFirst().get();
      run(candidate, folder.resolve("candidate"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "support: none.safetensors | none.safetensors",
        "support: first/tuned/model.safetensors | model.safetensors",
        "'support: kept.safetensors, lora: {}' | finetune.support: expected no support with lora,"
            + " which trains factors, got",
        "support: [kept.safetensors] | finetune.support: expected a text, got",
      })
  void aFileThatCannotBeUsedIsOneLine(String key, String message) throws IOException {
    requireRefused(SUPPORT.replace("support: kept.safetensors", key), message);
  }

  @Test
  void besideTunedItIsRefused() throws IOException {
    requireRefused(
        "tuned: first\n" + SUPPORT.replaceFirst("finetune: .*", "finetune: {support: a}"),
        "finetune.support: expected no support beside 'tuned'");
  }

  @Test
  void theDeltaOfAnotherBaseIsRefused() throws IOException {
    EncoderConfig config =
        new EncoderConfig(30522, 8, 1, 2, 16, 64, 2, 1e-12, 0.1, 0.1, 0.1, List.of());
    HuggingFaceFolder.write(
        folder.resolve("other"),
        TinyBert.checkpoint(config, 2),
        BuiltInEncoders.read("minilm-l6").tokenizer().contents(),
        false);
    requireRefused(
        SUPPORT.replace("ENCODER", folder.resolve("other").toString()),
        "kept.safetensors: expected a sparse delta of the encoder, got another: wrong base");
  }

  @Test
  void aHeadForOtherLabelsIsRefused() throws IOException {
    String task = "{train: train.tsv, dev: dev.tsv, header: false, text: 0, label: 1, labels: ";
    requireRefused(
        SUPPORT.replace("TASK", task + "['0', '1', '2']}"),
        "kept.safetensors: expected a head of 3 labels for task bad, got a head of 2 labels");
    requireRefused(
        SUPPORT.replace("TASK", task + "['1', '0']}"),
        "kept.safetensors: expected a head with the labels of task bad in their order, 1, 0, got"
            + " 0, 1");
  }

  private void requireRefused(String yaml, String message) throws IOException {
    Path out = folder.resolve("refused");
    Outcome outcome = Darex.run("run", tiny.config("bad", yaml), "--out", out);
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    List<String> lines = outcome.err().lines().filter(line -> line.contains(message)).toList();
    assertThat(lines).as(outcome.err()).hasSize(1);
    assertThat(outcome.err().lines().reduce((a, b) -> b)).contains(lines.get(0));
    assertThat(out.resolve("training")).doesNotExist();
    assertThat(out.resolve("tuned")).doesNotExist();
  }
}
