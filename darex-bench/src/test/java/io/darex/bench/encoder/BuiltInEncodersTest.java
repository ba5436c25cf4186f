package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.darex.bench.console.BadInputException;
import io.darex.bench.tokenizer.EncodedText;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.prune.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Those of other profiles are tested where the build has them: mvn -Pbert-base,bge-small verify.
 */
class BuiltInEncodersTest {
  private static final Pretrained MINI_LM = BuiltInEncoders.read("minilm-l6");
  private static final List<String> SENTENCES =
      List.of(
          "The cat sat on the mat.",
          "A feline was resting upon a rug, purring contentedly in the afternoon sun.",
          "Stock markets fell sharply after the announcement.",
          "Yes.",
          "Größe und naïveté: 漢字 tokens, unlikely-hyphenations & “quotes” – 3.14!");

  @Test
  void holds103TensorsUnderTheirHuggingFaceNames() {
    SortedMap<String, Tensor> tensors = MINI_LM.checkpoint().tensors();
    SortedMap<String, String> actual = new TreeMap<>();
    tensors.forEach((name, tensor) -> actual.put("bert." + name, Arrays.toString(tensor.shape())));
    SortedMap<String, String> expected = new TreeMap<>();
    Parameters.shapes(MINI_LM.config())
        .forEach((name, shape) -> expected.put(name, Arrays.toString(shape)));
    assertThat(actual).hasSize(103).isEqualTo(expected);
    assertThat(tensors.get("encoder.layer.5.intermediate.dense.weight").shape())
        .containsExactly(1536, 384);
    assertThat(tensors.values().stream().mapToLong(Tensor::count).sum()).isEqualTo(22_713_216);
    assertThat(MINI_LM.checkpoint().config()).contains(MINI_LM.config().toJson());
  }

  @ParameterizedTest
  @CsvSource({"minilm-l6, /all-minilm-l6-v2.onnx", "bge-small, /bge-small-en-v1.5.onnx"})
  void outputsAgreeWithTheOnnxFileUnderOnnxRuntime(String name, String file) throws Exception {
    assumeTrue(BuiltInEncoders.present(name), name + " is not in this build");
    Pretrained pretrained = BuiltInEncoders.read(name);
    try (Tokenizer tokenizer = new Tokenizer(pretrained.tokenizer().json(), 128);
        Encoder direct = new DirectEncoder(pretrained.config(), pretrained.checkpoint(), 0);
        Encoder sameDiff = new SameDiffEncoder(pretrained.config(), pretrained.checkpoint(), 0)) {
      Batch batch = Batch.of(SENTENCES.stream().map(tokenizer::encode).toList());
      int hidden = pretrained.config().hiddenSize();
      float[] theirs = meanPooled(batch, onnxHidden(file, batch), hidden);
      assertThat(theirs).isNotEqualTo(new float[theirs.length]);
      for (Encoder encoder : List.of(direct, sameDiff)) {
        float[] ours = meanPooled(batch, encoder.lastHidden(batch), hidden);
        assertThat(ours).containsExactly(theirs, within(1e-4f));
      }
    }
  }

  /** The mean of each row's real tokens, {@code [rows, hidden]}. */
  private static float[] meanPooled(Batch batch, float[] hidden, int width) {
    float[] mean = new float[batch.rows() * width];
    for (int row = 0; row < batch.rows(); row++) {
      for (int i = 0; i < width; i++) {
        double sum = 0;
        int tokens = 0;
        for (int t = row * batch.columns(); t < (row + 1) * batch.columns(); t++) {
          sum += batch.mask()[t] * hidden[t * width + i];
          tokens += batch.mask()[t];
        }
        mean[row * width + i] = (float) (sum / tokens);
      }
    }
    return mean;
  }

  private static float[] onnxHidden(String name, Batch batch) throws IOException, OrtException {
    try (InputStream file = BuiltInEncodersTest.class.getResourceAsStream(name);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession session = environment.createSession(file.readAllBytes());
        OnnxTensor ids = tensor(environment, batch, batch.ids());
        OnnxTensor mask = tensor(environment, batch, batch.mask());
        OnnxTensor types = tensor(environment, batch, batch.types());
        OrtSession.Result result =
            session.run(
                Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", types))) {
      OnnxTensor hidden = (OnnxTensor) result.get(0);
      float[] values = new float[hidden.getFloatBuffer().remaining()];
      hidden.getFloatBuffer().get(values);
      return values;
    }
  }

  private static OnnxTensor tensor(OrtEnvironment environment, Batch batch, int[] flat)
      throws OrtException {
    long[][] rows = new long[batch.rows()][batch.columns()];
    for (int i = 0; i < flat.length; i++) {
      rows[i / batch.columns()][i % batch.columns()] = flat[i];
    }
    return OnnxTensor.createTensor(environment, rows);
  }

  @Test
  void tokenizerIgnoresTheTruncationAndPaddingOfItsFile() {
    byte[] file = MINI_LM.tokenizer().contents().get("tokenizer.json");
    assertThat(new String(file, StandardCharsets.UTF_8))
        .contains("\"max_length\": 128", "\"Fixed\": 128");
    String longText = "word ".repeat(300);
    try (Tokenizer tokenizer = new Tokenizer(MINI_LM.tokenizer().json(), 256);
        Tokenizer narrow = new Tokenizer(MINI_LM.tokenizer().json(), 8)) {
      assertThat(tokenizer.encode("Hello, world!").ids())
          .containsExactly(101, 7592, 1010, 2088, 999, 102);
      assertThat(tokenizer.encode(longText).length()).isEqualTo(256);
      assertThat(narrow.encode(longText).ids())
          .containsExactly(101, 2773, 2773, 2773, 2773, 2773, 2773, 102);
      EncodedText pair = narrow.encode("Hello", longText);
      assertThat(pair.ids()).containsExactly(101, 7592, 102, 2773, 2773, 2773, 2773, 102);
      assertThat(pair.types()).containsExactly(0, 0, 0, 1, 1, 1, 1, 1);
      assertThat(tokenizer.encode("").ids()).containsExactly(101, 102);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Tokenizer("{}", 8))
        .withMessageStartingWith("no usable tokenizer.json");
  }

  @Test
  void builtInEncodersAreListed() {
    assertThat(BuiltInEncoders.names())
        .containsExactly("bert-base-uncased", "bge-small", "minilm-l6");
    assertThat(BuiltInEncoders.present("minilm-l6")).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BuiltInEncoders.read("minilm"))
        .withMessage(
            "no built-in encoder minilm, there is [bert-base-uncased, bge-small, minilm-l6]");
  }

  @ParameterizedTest
  @CsvSource({"bert-base-uncased, bert-base", "bge-small, bge-small"})
  void oneThatIsNotInThisBuildSaysHowToGetIt(String name, String profile) {
    assumeFalse(BuiltInEncoders.present(name), name + " is in this build");
    assertThatThrownBy(() -> BuiltInEncoders.read(name))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "expected encoder "
                + name
                + " in this build, got a build without it; start darex once with DAREX_PROFILES="
                + profile
                + ", which downloads it");
  }
}
