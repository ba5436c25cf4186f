package io.darex.bench.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.DirectEncoder;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.prune.Checkpoint;
import io.darex.prune.DType;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers and scores of texts with three labels. */
class TaskTextsTest {
  private static final Task MNLI = Task.named("mnli");
  private static final EncoderConfig CONFIG =
      new EncoderConfig(30522, 16, 2, 2, 16, 32, 2, 1e-12, 0, 0, 0, MNLI.labels());
  private static final Checkpoint MODEL = TinyBert.checkpoint(CONFIG, 22);
  private static final TaskTexts TEXTS = texts();

  private static TaskTexts texts() {
    String[] words = {"birds", "sing", "he", "often", "stones", "the", "green", "under"};
    List<Example> examples =
        IntStream.range(0, 60)
            .mapToObj(
                i ->
                    new Example(
                        words[i % 8] + " " + words[i / 8],
                        Optional.of(words[i * 7 % 8] + " " + words[i * 3 % 8]),
                        i % 3))
            .toList();
    try (Tokenizer tokenizer = BuiltInEncoders.read("minilm-l6").tokenizer().open(32, 30522)) {
      return new TaskTexts(tokenizer, examples, MNLI);
    }
  }

  private static Encoder encoder(EncoderConfig config, Checkpoint checkpoint) {
    return new DirectEncoder(config, checkpoint, 0);
  }

  /** With another tensor in the place of one of the same name. */
  private static Checkpoint with(Tensor other) {
    SortedMap<String, Tensor> tensors = new TreeMap<>(MODEL.tensors());
    tensors.put(other.name(), other);
    return new InMemoryCheckpoint(tensors, MODEL.config());
  }

  private static float[] values(String name) {
    Tensor tensor = MODEL.tensors().get(name);
    float[] values = new float[(int) tensor.count()];
    tensor.read(0, values, 0, values.length);
    return values;
  }

  /** A rotation, which no two labels' exchange undoes. */
  @Test
  void answersAreInTheTasksOrderWhateverThatOfTheCheckpoint() {
    List<String> labels = MNLI.labels();
    List<String> rotated = List.of(labels.get(2), labels.get(0), labels.get(1));
    SortedMap<String, Tensor> tensors = new TreeMap<>(MODEL.tensors());
    for (String name : List.of("classifier.weight", "classifier.bias")) {
      float[] own = values(name);
      int row = own.length / 3;
      float[] turned = new float[own.length];
      System.arraycopy(own, 2 * row, turned, 0, row);
      System.arraycopy(own, 0, turned, row, 2 * row);
      tensors.put(name, new FloatTensor(name, MODEL.tensors().get(name).shape(), turned));
    }
    Checkpoint foreign = new InMemoryCheckpoint(tensors, Optional.empty());
    try (Encoder own = encoder(CONFIG, MODEL);
        Encoder other = encoder(CONFIG.withLabels(rotated), foreign)) {
      double[] answers = TEXTS.answers(own);
      assertThat(answers).contains(0, 1, 2);
      assertThat(TEXTS.answers(other)).isEqualTo(answers);
      long right = IntStream.range(0, 60).filter(i -> answers[i] == i % 3).count();
      assertThat(TEXTS.score(answers)).isEqualTo(right / 60.0);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void aModelWithoutFiniteOutputsHasNoScore(float value) {
    float[] bias = values("classifier.bias");
    bias[1] = value;
    Checkpoint destroyed = with(new FloatTensor("classifier.bias", new long[] {3}, bias));
    try (Encoder encoder = encoder(CONFIG, destroyed)) {
      double[] answers = TEXTS.answers(encoder);
      assertThat(answers).containsOnly(Double.NaN);
      assertThat(TEXTS.score(answers)).isNaN();
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() -> TEXTS.requireAnswers(answers))
          .withMessage(
              "task mnli: expected finite outputs of the model, got NaN or infinity for text 1 of"
                  + " 60");
    }
  }

  @Test
  void placesMayRepeatAndLeaveOut() {
    double[] answers = IntStream.range(0, 60).mapToDouble(i -> i % 2).toArray();
    answers[7] = Double.NaN;
    assertThat(TEXTS.score(answers)).isNaN();
    assertThat(TEXTS.score(answers, new int[] {0, 0, 0, 1})).isOne();
    assertThat(TEXTS.score(answers, new int[] {0, 3, 0, 1})).isEqualTo(.75);
    assertThat(TEXTS.score(answers, new int[] {0, 7})).isNaN();
    int[] some = {3, 0};
    assertThat(TEXTS.at(some).labels()).containsExactly(0, 0);
    assertThat(TEXTS.at(new int[] {2, 4}).labels()).containsExactly(2, 1);
  }

  /** Another model, and one whose weights cannot be read, are told from the one that is held. */
  @Test
  void everyModelIsScoredWithItsOwnWeights() {
    Checkpoint other = TinyBert.checkpoint(CONFIG, 2);
    Checkpoint overflowing =
        with(
            new Tensor() {
              @Override
              public String name() {
                return "classifier.weight";
              }

              @Override
              public DType dtype() {
                return DType.F32;
              }

              @Override
              public long[] shape() {
                return new long[] {3, 16};
              }

              @Override
              public void read(long from, float[] into, int offset, int length) {
                throw new NonFiniteException(name(), from, Float.POSITIVE_INFINITY);
              }
            });
    try (LoadedEncoder loaded = new LoadedEncoder(encoder(CONFIG, other))) {
      double[] first = TEXTS.answers(loaded, MODEL);
      double[] second = TEXTS.answers(loaded, other);
      assertThat(Arrays.equals(first, second)).isFalse();
      assertThat(TEXTS.answers(loaded, overflowing)).containsOnly(Double.NaN);
      assertThat(TEXTS.answers(loaded, other)).isEqualTo(second);
      assertThat(TEXTS.answers(loaded, MODEL)).isEqualTo(first);
      assertThat(TEXTS.answers(loaded, MODEL)).isEqualTo(first);
    }
  }
}
