package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.checkpoint.FloatTensor;
import io.darex.prune.checkpoint.InMemoryCheckpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class DirectEncoderTest {
  private static final double EXACT = 1e-4;

  /** An architecture with random sizes, weights and texts, all from the seed. */
  record Sample(EncoderConfig config, long seed) {
    Checkpoint checkpoint() {
      return TinyBert.checkpoint(config, seed);
    }

    Batch batch() {
      return batch(1 + new Random(seed).nextInt(9));
    }

    Batch batch(int texts) {
      Random random = new Random(seed + 1);
      List<EncodedText> list = new ArrayList<>();
      for (int i = 0; i < texts; i++) {
        int length = 1 + random.nextInt(config.maxTokens());
        int[] ids = random.ints(length, 0, config.vocabSize()).toArray();
        int types = Math.max(1, config.typeVocabSize());
        list.add(new EncodedText(ids, random.ints(length, 0, types).toArray()));
      }
      return Batch.of(list);
    }

    /** Labels, or the targets of a regression. */
    float[] wanted(int texts) {
      Random random = new Random(seed + 2);
      float[] wanted = new float[texts];
      for (int i = 0; i < texts; i++) {
        wanted[i] =
            config.isRegression() ? 5 * random.nextFloat() : random.nextInt(config.classes());
      }
      return wanted;
    }

    Gradients gradients(Encoder encoder, Batch batch, long dropoutSeed) {
      float[] wanted = wanted(batch.rows());
      if (config.isRegression()) {
        return encoder.gradients(batch, wanted, dropoutSeed);
      }
      int[] labels = new int[wanted.length];
      Arrays.setAll(labels, i -> (int) wanted[i]);
      return encoder.gradients(batch, labels, dropoutSeed);
    }
  }

  static Stream<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    for (Family family : Family.values()) {
      for (Activation activation :
          List.of(Activation.GELU, Activation.GELU_TANH, Activation.RELU)) {
        for (int labels = 1; labels <= 3; labels++) {
          long seed = samples.size();
          samples.add(new Sample(architecture(family, activation, labels, seed), seed));
        }
      }
    }
    return samples.stream();
  }

  static EncoderConfig architecture(Family family, Activation activation, int labels, long seed) {
    Random random = new Random(seed);
    int heads = 1 + random.nextInt(3);
    int hidden = heads * (1 + random.nextInt(5));
    return new EncoderConfig(
        family,
        5 + random.nextInt(20),
        family == Family.ELECTRA && random.nextBoolean() ? 1 + random.nextInt(7) : hidden,
        hidden,
        1 + random.nextInt(3),
        heads,
        1 + random.nextInt(23),
        4 + random.nextInt(12),
        family == Family.DISTILBERT ? 0 : 1 + random.nextInt(2),
        random.nextInt(3),
        activation,
        1e-3,
        0,
        0,
        0,
        Collections.nCopies(labels, "label"));
  }

  @ParameterizedTest
  @MethodSource("samples")
  void outputsAgreeWithAnIndependentForwardPass(Sample sample) {
    PlainEncoder plain = new PlainEncoder(sample.config(), sample.checkpoint());
    Batch batch = sample.batch();
    int hidden = sample.config().hiddenSize();
    try (Encoder encoder = new DirectEncoder(sample.config(), sample.checkpoint(), 0)) {
      float[][] logits = encoder.logits(batch);
      float[][] pooled = encoder.pooled(batch);
      float[] last = encoder.lastHidden(batch);
      for (int text = 0; text < batch.rows(); text++) {
        int[] ids = PlainEncoder.ids(batch, text);
        int[] types = PlainEncoder.types(batch, text);
        close(logits[text], plain.logits(ids, types));
        close(pooled[text], plain.pooled(ids, types));
        double[][] tokens = plain.hidden(ids, types);
        for (int t = 0; t < tokens.length; t++) {
          int at = (text * batch.columns() + t) * hidden;
          close(Arrays.copyOfRange(last, at, at + hidden), tokens[t]);
        }
      }
    }
  }

  private static void close(float[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i]).isCloseTo(expected[i], within(EXACT));
    }
  }

  /** Along random directions, which see every entry of a tensor at once, and at single entries. */
  @ParameterizedTest
  @MethodSource("samples")
  void gradientsAgreeWithCentralDifferencesOfTheIndependentPass(Sample sample) {
    PlainEncoder plain = new PlainEncoder(sample.config(), sample.checkpoint());
    Batch batch = sample.batch();
    Random random = new Random(sample.seed() + 3);
    try (Encoder encoder = new DirectEncoder(sample.config(), sample.checkpoint(), 0)) {
      Gradients gradients = sample.gradients(encoder, batch, 0);
      float[] wanted = sample.wanted(batch.rows());
      assertThat(gradients.loss())
          .isCloseTo(plain.loss(batch, wanted), within(EXACT * Math.max(1, gradients.loss())));
      assertThat(gradients.byName().keySet()).isEqualTo(encoder.parameters().keySet());
      gradients
          .byName()
          .forEach(
              (name, gradient) -> {
                float[] analytic = gradient.data().asFloat();
                double[] direction = new double[analytic.length];
                for (int trial = 0; trial < 2; trial++) {
                  Arrays.fill(direction, 0);
                  if (trial == 0) {
                    Arrays.setAll(direction, i -> random.nextGaussian());
                  } else {
                    direction[random.nextInt(direction.length)] = 1;
                  }
                  double actual = 0;
                  for (int i = 0; i < direction.length; i++) {
                    actual += analytic[i] * direction[i];
                  }
                  double expected = difference(plain, name, direction, batch, wanted);
                  double size = Math.sqrt(Arrays.stream(direction).map(d -> d * d).sum());
                  assertThat(actual)
                      .as(name)
                      .isCloseTo(expected, within(EXACT * Math.max(size, Math.abs(expected))));
                }
              });
    }
  }

  private static double difference(
      PlainEncoder plain, String name, double[] direction, Batch batch, float[] wanted) {
    double step = 1e-6;
    double[] values = plain.parameter(name);
    double[] before = values.clone();
    Arrays.setAll(values, i -> before[i] + step * direction[i]);
    double above = plain.loss(batch, wanted);
    Arrays.setAll(values, i -> before[i] - step * direction[i]);
    double below = plain.loss(batch, wanted);
    System.arraycopy(before, 0, values, 0, values.length);
    return (above - below) / (2 * step);
  }

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

  /** In fp32 the differences are coarse, but a mask forgotten on the way back is no small error. */
  @ParameterizedTest
  @MethodSource("samples")
  void gradientsUnderDropoutAreThoseOfTheLossUnderTheSameMasks(Sample sample) {
    EncoderConfig config = sample.config().withDropout(0.3);
    Sample dropping = new Sample(config, sample.seed());
    Batch batch = sample.batch();
    try (Encoder encoder = new DirectEncoder(config, sample.checkpoint(), 0)) {
      Map<String, INDArray> analytic = new TreeMap<>();
      dropping
          .gradients(encoder, batch, 5)
          .byName()
          .forEach((name, gradient) -> analytic.put(name, gradient.dup()));
      double size = 0;
      for (INDArray gradient : analytic.values()) {
        size += gradient.mul(gradient).sumNumber().doubleValue();
      }
      // Along the gradient itself the loss changes most, and all parameters take part.
      double step = 1e-3 / Math.sqrt(size);
      analytic.forEach((name, g) -> encoder.parameters().get(name).addi(g.mul(step)));
      double above = dropping.gradients(encoder, batch, 5).loss();
      analytic.forEach((name, g) -> encoder.parameters().get(name).subi(g.mul(2 * step)));
      double below = dropping.gradients(encoder, batch, 5).loss();
      assertThat((above - below) / (2 * step)).isCloseTo(size, within(0.03 * size + 1e-4));
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
      EncoderConfig config = architecture(family, Activation.GELU, 2, 5);
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
