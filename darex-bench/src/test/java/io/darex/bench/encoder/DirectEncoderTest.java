package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import io.darex.bench.tokenizer.EncodedText;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class DirectEncoderTest {
  /** Large enough for several pieces, several groups of heads and several tasks a weight. */
  private static final Sample LARGE =
      new Sample(
          new EncoderConfig(
              97, 384, 2, 12, 1000, 130, 2, 1e-12, 0.1, 0.1, 0.1, List.of("a", "b", "c")),
          11);

  private static Checkpoint smallWeights(Sample sample) {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    sample
        .checkpoint()
        .tensors()
        .forEach(
            (name, tensor) -> {
              float[] values = new float[(int) tensor.count()];
              tensor.read(0, values, 0, values.length);
              boolean gain = name.endsWith("LayerNorm.weight");
              for (int i = 0; i < values.length; i++) {
                values[i] = gain ? values[i] : 0.1f * values[i];
              }
              tensors.put(name, new FloatTensor(name, tensor.shape(), values));
            });
    return new InMemoryCheckpoint(tensors, Optional.empty());
  }

  @Test
  void bothEnginesAgree() {
    EncoderConfig config = LARGE.config().withDropout(0);
    Sample sample = new Sample(config, LARGE.seed());
    Checkpoint checkpoint = smallWeights(sample);
    Batch batch = sample.batch(20);
    try (Encoder direct = new DirectEncoder(config, checkpoint, 0);
        Encoder sameDiff = new SameDiffBert(config, checkpoint, 0)) {
      float[][] logits = sameDiff.logits(batch);
      float[][] pooled = sameDiff.pooled(batch);
      for (int text = 0; text < batch.rows(); text++) {
        assertThat(direct.logits(batch)[text]).containsExactly(logits[text], within(1e-4f));
        assertThat(direct.pooled(batch)[text]).containsExactly(pooled[text], within(1e-4f));
      }
      Gradients expected = sample.gradients(sameDiff, batch, 0);
      Gradients actual = sample.gradients(direct, batch, 0);
      assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-5));
      assertSame(actual.byName(), expected.byName(), 1e-4);
    }
  }

  @Test
  void bothEnginesAgreeOnARegression() {
    EncoderConfig config = TinyBert.CONFIG.withLabels(List.of("score"));
    Checkpoint checkpoint = TinyBert.checkpoint(config, 4);
    float[] targets = {2.5f, 0, 5};
    try (Encoder direct = new DirectEncoder(config, checkpoint, 0);
        Encoder sameDiff = new SameDiffBert(config, checkpoint, 0)) {
      Gradients expected = sameDiff.gradients(TinyBert.BATCH, targets, 0);
      Gradients actual = direct.gradients(TinyBert.BATCH, targets, 0);
      assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-4));
      assertSame(actual.byName(), expected.byName(), 1e-4);
    }
  }

  @Test
  void bothEnginesAgreeOnAnyFunctionOfTheScores() {
    EncoderConfig config = TinyBert.CONFIG.withDropout(0.3);
    Checkpoint checkpoint = TinyBert.checkpoint(config, 4);
    Loss square =
        scores -> {
          double sum = 0;
          for (float[] row : scores) {
            for (int i = 0; i < row.length; i++) {
              sum += (i + 1) * (double) row[i] * row[i];
              row[i] = 2 * (i + 1) * row[i];
            }
          }
          return sum;
        };
    try (Encoder direct = new DirectEncoder(config, checkpoint, 0);
        Encoder sameDiff = new SameDiffBert(config, checkpoint, 0)) {
      Gradients expected = sameDiff.gradients(TinyBert.BATCH, square);
      Gradients actual = direct.gradients(TinyBert.BATCH, square);
      assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-3));
      assertSame(actual.byName(), expected.byName(), 1e-4);
      for (int text = 0; text < TinyBert.BATCH.rows(); text++) {
        float[] dense = sameDiff.dense(TinyBert.BATCH)[text];
        assertThat(direct.dense(TinyBert.BATCH)[text]).containsExactly(dense, within(1e-4f));
      }
    }
  }

  private static void assertSame(
      Map<String, INDArray> actual, Map<String, INDArray> expected, double tolerance) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, array) -> {
          double size = array.norm2Number().doubleValue();
          double distance = array.distance2(actual.get(name));
          assertThat(distance).as(name).isLessThanOrEqualTo(tolerance * Math.max(size, 1e-2));
        });
  }

  @Test
  void theSameBytesOnAnyNumberOfThreads() {
    Checkpoint checkpoint = smallWeights(LARGE);
    Batch batch = LARGE.batch(40);
    Map<String, float[]> expected = null;
    float[][] logits = null;
    for (int threads : new int[] {1, 2, 5}) {
      try (Encoder encoder = new DirectEncoder(LARGE.config(), checkpoint, 0, threads)) {
        Map<String, float[]> gradients = new TreeMap<>();
        LARGE.gradients(encoder, batch, 3);
        LARGE
            .gradients(encoder, batch, 9)
            .byName()
            .forEach((name, array) -> gradients.put(name, array.data().asFloat()));
        if (expected == null) {
          expected = gradients;
          logits = encoder.logits(batch);
        }
        for (String name : expected.keySet()) {
          assertThat(gradients.get(name)).as(name).isEqualTo(expected.get(name));
        }
        assertThat(encoder.logits(batch)).isDeepEqualTo(logits);
      }
    }
  }

  @Test
  void dropoutActsInTrainingAloneAndFollowsItsSeed() {
    EncoderConfig config = TinyBert.CONFIG;
    Checkpoint checkpoint = TinyBert.checkpoint(config, 42);
    try (Encoder plain = new DirectEncoder(config, checkpoint, 0);
        Encoder encoder = new DirectEncoder(config.withDropout(0.3), checkpoint, 0)) {
      assertThat(encoder.logits(TinyBert.BATCH)).isDeepEqualTo(plain.logits(TinyBert.BATCH));
      double loss = encoder.gradients(TinyBert.BATCH, TinyBert.LABELS, 5).loss();
      assertThat(encoder.gradients(TinyBert.BATCH, TinyBert.LABELS, 6).loss()).isNotEqualTo(loss);
      assertThat(encoder.gradients(TinyBert.BATCH, TinyBert.LABELS, 5).loss()).isEqualTo(loss);
      assertThat(plain.gradients(TinyBert.BATCH, TinyBert.LABELS, 5).loss()).isNotEqualTo(loss);
    }
  }

  @Test
  void neitherPaddingNorEarlierBatchesMatter() {
    EncoderConfig config = TinyBert.CONFIG;
    EncodedText text = new EncodedText(new int[] {1, 5, 3}, new int[] {0, 0, 1});
    EncodedText longer = new EncodedText(new int[] {1, 2, 3, 4, 5, 6}, new int[6]);
    Checkpoint checkpoint = TinyBert.checkpoint(config, 42);
    try (Encoder encoder = new DirectEncoder(config, checkpoint, 0);
        Encoder fresh = new DirectEncoder(config, checkpoint, 0)) {
      float[] alone = fresh.logits(Batch.of(List.of(text)))[0];
      float[] padded = encoder.logits(Batch.of(List.of(longer, text)))[1];
      assertThat(padded).containsExactly(alone, within(1e-5f));
      encoder.gradients(TinyBert.BATCH, TinyBert.LABELS, 0);
      assertThat(encoder.logits(Batch.of(List.of(text)))[0]).isEqualTo(alone);
      Batch batch = new Batch(1, 3, new int[] {1, 4, 0}, new int[3], new int[] {1, 1, 0});
      float[] gradient = gradient(encoder, batch);
      assertThat(gradient).isEqualTo(gradient(fresh, batch));
    }
  }

  private static float[] gradient(Encoder encoder, Batch batch) {
    return encoder
        .gradients(batch, new int[] {1}, 0)
        .byName()
        .get("bert.embeddings.word_embeddings.weight")
        .data()
        .asFloat();
  }

  @Test
  void seesAnOptimisersChangesAndLoads() {
    EncoderConfig config = TinyBert.CONFIG;
    Checkpoint checkpoint = TinyBert.checkpoint(config, 42);
    try (Encoder encoder = new DirectEncoder(config, checkpoint, 0)) {
      float[][] logits = encoder.logits(TinyBert.BATCH);
      encoder.parameters().get("bert.encoder.layer.0.attention.self.key.weight").muli(1.1);
      assertThat(encoder.logits(TinyBert.BATCH)).isNotEqualTo(logits);
      encoder.load(checkpoint);
      assertThat(encoder.logits(TinyBert.BATCH)).isDeepEqualTo(logits);
    }
  }

  @Test
  void readsEncoderOnlyMaskedLanguageAndLegacyCheckpoints() {
    for (Family family : Family.values()) {
      EncoderConfig config = Sample.architecture(family, Activation.GELU, 2, 5);
      Sample sample = new Sample(config, 8);
      SortedMap<String, Tensor> legacy = new TreeMap<>();
      SortedMap<String, Tensor> headless = new TreeMap<>();
      sample
          .checkpoint()
          .tensors()
          .forEach(
              (name, tensor) -> {
                legacy.put(
                    name.replaceFirst("^" + family.prefix(), "")
                        .replace("LayerNorm.weight", "LayerNorm.gamma")
                        .replace("LayerNorm.bias", "LayerNorm.beta"),
                    tensor);
                if (name.startsWith(family.prefix()) && !name.contains("pooler")) {
                  headless.put(name, tensor);
                }
              });
      headless.put("cls.predictions.bias", headless.get(family.words()));
      try (Encoder encoder = new DirectEncoder(config, sample.checkpoint(), 0);
          Encoder old = new DirectEncoder(config, checkpoint(legacy), 0);
          Encoder one = new DirectEncoder(config, checkpoint(headless), 1);
          Encoder same = new DirectEncoder(config, checkpoint(headless), 1);
          Encoder other = new DirectEncoder(config, checkpoint(headless), 2)) {
        Batch batch = sample.batch();
        float[][] logits = one.logits(batch);
        assertThat(old.logits(batch)).isDeepEqualTo(encoder.logits(batch));
        assertThat(one.lastHidden(batch)).isEqualTo(encoder.lastHidden(batch));
        assertThat(same.logits(batch)).isDeepEqualTo(logits);
        assertThat(other.logits(batch)).isNotEqualTo(logits);
        assertThatIllegalArgumentException()
            .isThrownBy(() -> one.load(checkpoint(headless)))
            .withMessageContaining(family.head().dense() + ".weight: missing");
      }
    }
  }

  private static Checkpoint checkpoint(SortedMap<String, Tensor> tensors) {
    return new InMemoryCheckpoint(tensors, Optional.empty());
  }

  @Test
  void refusesWhatDoesNotFit() {
    EncoderConfig config = TinyBert.CONFIG;
    try (Encoder encoder = new DirectEncoder(config, TinyBert.checkpoint(config, 1), 0);
        Encoder bare =
            new DirectEncoder(config.withLabels(List.of()), TinyBert.checkpoint(config, 1), 0)) {
      refuses(encoder, new int[] {11}, new int[] {0}, "token id must lie in [0, 11): 11");
      refuses(encoder, new int[] {3}, new int[] {2}, "token type must lie in [0, 2): 2");
      refuses(encoder, new int[7], new int[7], "text of 7 tokens, the encoder has 6 positions");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> encoder.gradients(TinyBert.BATCH, new int[] {0, 3, 0}, 0))
          .withMessage("label must lie in [0, 3): 3");
      assertThatIllegalStateException()
          .isThrownBy(() -> encoder.gradients(TinyBert.BATCH, new float[3], 0))
          .withMessage("this encoder's head tells classes: it takes labels");
      assertThatIllegalStateException().isThrownBy(() -> bare.logits(TinyBert.BATCH));
      assertThat(bare.pooled(TinyBert.BATCH)).isDeepEqualTo(encoder.pooled(TinyBert.BATCH));
    }
  }

  private static void refuses(Encoder encoder, int[] ids, int[] types, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> encoder.logits(Batch.of(List.of(new EncodedText(ids, types)))))
        .withMessage(message);
  }

  @Test
  void theFactoryTakesTheDirectEngineOnProcessors() {
    assertThat(Nd4j.getEnvironment().isCPU()).isTrue();
    try (Encoder encoder =
        Encoders.open(TinyBert.CONFIG, TinyBert.checkpoint(TinyBert.CONFIG, 1), 0)) {
      assertThat(encoder).isInstanceOf(DirectEncoder.class);
      assertThat(encoder.parameters().get(Family.BERT.words()).dataType())
          .isEqualTo(DataType.FLOAT);
    }
  }
}
