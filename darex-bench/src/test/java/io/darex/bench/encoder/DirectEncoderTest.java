package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

@Tag("torch")
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

  static Stream<EngineChoice> others() {
    return EngineContractTest.engines().filter(each -> each.engine() != Engine.DIRECT);
  }

  @ParameterizedTest
  @MethodSource("others")
  void theOtherEnginesAgreeOnLargeLayers(EngineChoice engine) {
    EncoderConfig config = LARGE.config().withDropout(0);
    Sample sample = new Sample(config, LARGE.seed());
    Checkpoint checkpoint = smallWeights(sample);
    Batch batch = sample.batch(20);
    try (Encoder direct = new DirectEncoder(config, checkpoint, 0);
        Encoder other = EngineContractTest.open(engine, config, checkpoint)) {
      float[][] logits = other.logits(batch);
      float[][] pooled = other.pooled(batch);
      for (int text = 0; text < batch.rows(); text++) {
        assertThat(direct.logits(batch)[text]).containsExactly(logits[text], within(1e-4f));
        assertThat(direct.pooled(batch)[text]).containsExactly(pooled[text], within(1e-4f));
      }
      Gradients expected = sample.gradients(other, batch, 0);
      Gradients actual = sample.gradients(direct, batch, 0);
      assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-5));
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
