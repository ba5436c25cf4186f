package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.darex.bench.console.BadInputException;
import io.darex.prune.Checkpoint;
import io.darex.prune.file.RefusedOutputException;
import io.darex.prune.folder.ModelCard;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime computes from what is written what darex computes. */
class OnnxFolderTest {
  private static final float EXACT = 1e-4f;

  @TempDir Path folder;

  /** Every family and head, 1 to 3 labels, and then every activation. */
  static Stream<Sample> samples() {
    Stream<Sample> activations =
        Arrays.stream(Activation.values())
            .map(each -> new Sample(Sample.architecture(Family.BERT, each, 2, 14), 14));
    return Stream.concat(Sample.samples(), activations)
        .filter(each -> Math.min(each.config().hiddenSize(), each.config().embeddingSize()) > 1);
  }

  @ParameterizedTest
  @MethodSource("samples")
  void onnxRuntimeGivesTheLogits(Sample sample) throws Exception {
    EncoderConfig config = sample.config();
    write(folder.resolve("out"), config, sample.checkpoint());
    try (OrtSession session = session();
        Encoder encoder = new DirectEncoder(config, sample.checkpoint(), 0)) {
      assertThat(session.getInputNames())
          .contains("input_ids", "attention_mask")
          .hasSizeLessThan(4);
      for (int texts : new int[] {1, 4}) { // neither batch nor length is fixed
        Batch batch = sample.batch(texts);
        if (!OnnxGraph.hasTypes(config)) {
          Arrays.fill(batch.types(), 0); // nobody can give it others
        }
        float[][] expected = encoder.logits(batch);
        float[][] logits = (float[][]) run(session, batch);
        assertThat(logits).hasDimensions(texts, config.classes());
        for (int text = 0; text < texts; text++) {
          assertThat(logits[text]).containsExactly(expected[text], within(EXACT));
        }
      }
    }
  }

  @Test
  void withoutAHeadItIsTheLastHiddenState() throws Exception {
    Sample sample =
        new Sample(
            Sample.architecture(Family.ELECTRA, Activation.GELU, 2, 5).withLabels(List.of()), 5);
    EncoderConfig config = sample.config();
    write(folder.resolve("out"), config, sample.checkpoint());
    Batch batch = sample.batch(1); // no padding, whose states are anything
    try (OrtSession session = session();
        Encoder encoder = new DirectEncoder(config, sample.checkpoint(), 0)) {
      assertThat(session.getOutputNames()).containsExactly("last_hidden_state");
      float[][][] hidden = (float[][][]) run(session, batch);
      float[] expected = encoder.lastHidden(batch);
      int at = 0;
      for (float[] token : hidden[0]) {
        float[] theirs = Arrays.copyOfRange(expected, at, at += config.hiddenSize());
        assertThat(token).containsExactly(theirs, within(EXACT));
      }
      assertThat(at).isEqualTo(expected.length);
    }
  }

  @Test
  void theSameModelHasTheSameBytesAndOursAloneIsReplaced() throws IOException {
    Sample sample = Sample.samples().findFirst().orElseThrow();
    Path out = folder.resolve("out");
    write(out, sample.config(), sample.checkpoint());
    write(folder.resolve("twin"), sample.config(), sample.checkpoint());
    for (String name : List.of("model.onnx", "config.json", "README.md", "1_Pooling/config.json")) {
      assertThat(out.resolve(name)).hasSameBinaryContentAs(folder.resolve("twin").resolve(name));
    }
    assertThatThrownBy(() -> write(out, sample.config(), sample.checkpoint()))
        .isInstanceOf(FileAlreadyExistsException.class);
    replace(out, sample);

    Files.writeString(out.resolve("notes.txt"), "mine");
    assertThatThrownBy(() -> replace(out, sample))
        .isInstanceOf(RefusedOutputException.class)
        .hasMessageContaining("expected a folder that darex wrote, got notes.txt in it");
    Files.delete(out.resolve("notes.txt"));
    byte[] card = Files.readAllBytes(out.resolve(ModelCard.FILE));
    Files.writeString(out.resolve(ModelCard.FILE), "Mine.");
    assertThatThrownBy(() -> replace(out, sample))
        .isInstanceOf(RefusedOutputException.class)
        .hasMessageContaining("got README.md in it");
    Files.write(out.resolve(ModelCard.FILE), card);
    byte[] model = Files.readAllBytes(out.resolve("model.onnx"));
    for (byte[] other : List.of(new byte[0], Arrays.copyOf(model, model.length / 2), new byte[9])) {
      Files.write(out.resolve("model.onnx"), other);
      assertThatThrownBy(() -> replace(out, sample)).isInstanceOf(RefusedOutputException.class);
    }
    assertThat(out.resolve("config.json")).exists();
  }

  @Test
  void refusesVectorsOfOneNumber() {
    Sample narrow =
        Sample.samples().filter(s -> s.config().hiddenSize() == 1).findFirst().orElseThrow();
    assertThatThrownBy(() -> write(folder.resolve("out"), narrow.config(), narrow.checkpoint()))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("a sample: expected hidden_size and embedding_size of at least 2");
  }

  @Test
  void refusesMoreThanAFileCanHold() {
    Sample sample = Sample.samples().findFirst().orElseThrow();
    EncoderConfig large =
        new EncoderConfig(300_000, 2048, 1, 1, 1, 1, 1, 1e-3, 0, 0, 0, List.of("a", "b"));
    assertThatThrownBy(() -> write(folder.resolve("out"), large, sample.checkpoint()))
        .isInstanceOf(BadInputException.class)
        .hasMessageMatching(
            "a sample: expected at most 2130706431 bytes of weights in fp32, which an ONNX file"
                + " can hold, got \\d{10}");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  private static void replace(Path out, Sample sample) throws IOException {
    OnnxFolder.write(out, sample.config(), sample.checkpoint(), files(), "a sample", true);
  }

  private static void write(Path out, EncoderConfig config, Checkpoint weights) throws IOException {
    OnnxFolder.write(out, config, weights, files(), "a sample", false);
  }

  private static SortedMap<String, byte[]> files() {
    byte[] card =
        new ModelCard("x", Optional.empty(), Optional.empty(), List.of(), List.of()).text();
    return new TreeMap<>(Map.of(ModelCard.FILE, card, "1_Pooling/config.json", new byte[] {'x'}));
  }

  private OrtSession session() throws OrtException {
    return OrtEnvironment.getEnvironment()
        .createSession(folder.resolve("out").resolve("model.onnx").toString());
  }

  private static Object run(OrtSession session, Batch batch) throws OrtException {
    Map<String, OnnxTensor> inputs = new HashMap<>();
    Map<String, int[]> all =
        Map.of(
            "input_ids",
            batch.ids(),
            "attention_mask",
            batch.mask(),
            "token_type_ids",
            batch.types());
    for (String name : session.getInputNames()) {
      long[][] rows = new long[batch.rows()][batch.columns()];
      int[] flat = all.get(name);
      for (int i = 0; i < flat.length; i++) {
        rows[i / batch.columns()][i % batch.columns()] = flat[i];
      }
      inputs.put(name, OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), rows));
    }
    try (OrtSession.Result result = session.run(inputs)) {
      return result.get(0).getValue();
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }
}
