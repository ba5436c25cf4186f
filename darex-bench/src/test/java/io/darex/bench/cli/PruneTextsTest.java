package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.Checkpoint;
import io.darex.prune.PlaceStorage;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code darex prune} with recipes that look at texts, on an encoder of one layer. */
class PruneTextsTest {
  private static final EncoderConfig TINY =
      new EncoderConfig(30522, 8, 1, 2, 16, 16, 2, 1e-12, 0, 0, 0, List.of());

  @TempDir private static Path folder;

  @BeforeAll
  static void writeModelsAndTexts() throws IOException {
    Checkpoint base = TinyBert.checkpoint(TINY, 1);
    Checkpoint head = TinyBert.checkpoint(TINY.withLabels(List.of("0", "1")), 1);
    write("base", base);
    write("tuned", moved(head));
    Files.writeString(
        folder.resolve("texts.txt"), "Birds sing.\n\nHe is the man who sang.\nWho?\n");
    Files.writeString(folder.resolve("empty.txt"), "\n  \n");
    StringBuilder train = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      train.append("x\t").append(i % 2).append("\t\tThe bird ").append("sings ".repeat(i % 5));
      train.append(i).append(".\n");
    }
    // There is no dev.tsv: whatever read it would fail.
    Files.createDirectories(folder.resolve("glue/CoLA"));
    Files.writeString(folder.resolve("glue/CoLA/train.tsv"), train);
  }

  /** Every tensor but the head a little elsewhere. */
  private static Checkpoint moved(Checkpoint from) {
    SplittableRandom random = new SplittableRandom(3);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    from.tensors()
        .forEach(
            (name, tensor) -> {
              float[] values = new float[(int) tensor.count()];
              tensor.read(0, values, 0, values.length);
              for (int i = 0; i < values.length; i++) {
                values[i] += (float) (0.02 * random.nextGaussian());
              }
              tensors.put(name, new FloatTensor(name, tensor.shape(), values));
            });
    return new InMemoryCheckpoint(tensors, from.config());
  }

  private static void write(String name, Checkpoint checkpoint) throws IOException {
    HuggingFaceFolder.write(
        folder.resolve(name),
        checkpoint,
        BuiltInEncoders.read("minilm-l6").tokenizer().contents(),
        false);
  }

  /** The same bytes on one thread as on two; verified; and the q's a q may have. */
  @ParameterizedTest
  @CsvSource({
    "--mask wanda, texts",
    "--rescale q-unlabelled, texts",
    "--rescale q-unlabelled --q-scope layer, texts",
    "--rescale q-labelled, task",
    "--rescale q-labelled --q-scope layer --mask columns, task",
    "--budget apl --rescale q-labelled, task",
  })
  void recipesThatLookAtTextsPruneAlikeOnAnyThreads(String recipe, String texts)
      throws IOException {
    List<byte[]> files = new ArrayList<>();
    Path out = folder.resolve("delta.safetensors");
    for (int threads = 1; threads <= 2; threads++) {
      Darex.Outcome outcome = prune(out, recipe + " " + texts(texts) + " --threads " + threads);
      assertThat(outcome.code()).as(outcome.err()).isZero();
      files.add(Files.readAllBytes(out));
    }
    assertThat(files.get(0)).isEqualTo(files.get(1));
    Darex.Outcome verified =
        Darex.run(
            "verify", out, "--base", folder.resolve("base"), "--tuned", folder.resolve("tuned"));
    assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
    SparseDelta delta = SparseDeltaFile.read(out);
    for (String name : delta.kept().keySet()) {
      double rate = delta.mask().places() == PlaceStorage.GAPS ? 0 : rate(delta, name);
      assertThat(delta.scale().q(name)).as(name).isBetween(rate * (1 - 1e-12), 1.0);
    }
    assertThat(delta.provenance().job())
        .contains(texts.equals("task") ? "task cola" : "file texts");
  }

  private static double rate(SparseDelta delta, String name) {
    return delta.mask().keepRate(name);
  }

  private static String texts(String kind) {
    return kind.equals("task")
        ? "--task cola --glue " + folder.resolve("glue")
        : "--calibration " + folder.resolve("texts.txt");
  }

  @Test
  void aConfigurationMayNameTheTexts() throws IOException {
    Path recipe = folder.resolve("wanda.yml");
    Files.writeString(
        recipe,
        "mask: wanda\ndropRate: 0.9\nrescale: none\ncalibration: \""
            + folder.resolve("texts.txt")
            + "\"\n");
    Path out = folder.resolve("of-config.safetensors");

    Darex.Outcome outcome = prune(out, "--config " + recipe);

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(SparseDeltaFile.read(out).mask().kind()).isEqualTo("wanda");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--mask wanda | mask wanda needs texts: expected --calibration FILE or --task TASK",
        "--rescale q-unlabelled | rescale q-unlabelled needs texts: expected --calibration FILE",
        "--rescale q-labelled --calibration {}/texts.txt | needs labels: expected --task TASK",
        "--budget apl --calibration {}/texts.txt | budget apl needs labels: expected --task TASK",
        "--calibration {}/texts.txt | magnitude dot-match sign looks at nothing but the weights",
        "--mask wanda --calibration {}/empty.txt | empty.txt: expected text, one a line, got none",
        "--mask wanda --calibration {}/no.txt | no.txt: expected a file, got nothing of that name",
        "--rescale q-labelled --task mnli --glue {}/glue | expected a head of 3 labels for task"
            + " mnli",
        "--rescale q-labelled --task cola --glue {}/none | /none",
      })
  void badTextsAreOneLineAndNothingIsWritten(String options, String message) {
    Path out = folder.resolve("bad.safetensors");

    Darex.Outcome outcome = prune(out, options.replace("{}", folder.toString()));

    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err()).contains(message).doesNotContain("\tat ");
    assertThat(out).doesNotExist();
  }

  private static Darex.Outcome prune(Path out, String options) {
    List<String> arguments = new ArrayList<>(List.of("prune", "--force"));
    arguments.addAll(List.of("--base", folder + "/base", "--tuned", folder + "/tuned"));
    arguments.addAll(List.of("--out", out.toString()));
    arguments.addAll(List.of(options.split(" ", -1)));
    if (!options.contains("--config")) {
      arguments.addAll(List.of("--drop-rate", "0.9"));
    }
    return Darex.run(arguments.toArray());
  }
}
