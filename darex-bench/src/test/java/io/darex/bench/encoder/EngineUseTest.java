package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import io.darex.bench.tokenizer.EncodedText;
import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import io.darex.prune.Checkpoint;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** How every engine is used, rightly and wrongly, and that all train the same network. */
@Tag("torch")
class EngineUseTest {
  private static final EncoderConfig CONFIG = TinyBert.CONFIG;
  private static final Checkpoint CHECKPOINT = TinyBert.checkpoint(CONFIG, 42);
  private static final Batch BATCH = TinyBert.BATCH;

  static Stream<EngineChoice> engines() {
    return EngineContractTest.engines();
  }

  private static Encoder open(EngineChoice engine, EncoderConfig config) {
    return EngineContractTest.open(engine, config, CHECKPOINT);
  }

  @ParameterizedTest
  @MethodSource("engines")
  void afterCloseEveryUseSaysSoAndCloseDoesNothing(EngineChoice engine) {
    Encoder encoder = open(engine, CONFIG);
    encoder.gradients(BATCH, TinyBert.LABELS, 0);
    encoder.close();
    List<ThrowingCallable> uses =
        List.of(
            () -> encoder.logits(BATCH),
            () -> encoder.pooled(BATCH),
            () -> encoder.lastHidden(BATCH),
            () -> encoder.inputs(List.of(BATCH)),
            () -> encoder.gradients(BATCH, TinyBert.LABELS, 0),
            () -> encoder.gradients(BATCH, scores -> 0),
            encoder::parameters,
            encoder::checkpoint,
            () -> encoder.load(CHECKPOINT));
    for (ThrowingCallable use : uses) {
      assertThatIllegalStateException().isThrownBy(use).withMessage("this encoder is closed");
    }
    encoder.close();
    assertThat(encoder.config()).isEqualTo(CONFIG);
  }

  @ParameterizedTest
  @MethodSource("engines")
  void twoThatAreOpenAtOnceDoNotMeet(EngineChoice engine) {
    try (Encoder one = open(engine, CONFIG)) {
      float[][] logits = one.logits(BATCH);
      Gradients gradients = one.gradients(BATCH, TinyBert.LABELS, 0);
      Map<String, float[]> kept = copies(gradients.byName());
      Encoder other = EngineContractTest.open(engine, CONFIG, TinyBert.checkpoint(CONFIG, 7));
      other.gradients(BATCH, TinyBert.LABELS, 1);
      other.parameters().values().forEach(array -> array.muli(2));
      assertThat(other.logits(BATCH)).isNotEqualTo(logits);
      assertSame(copies(gradients.byName()), kept, 0);
      other.close();
      assertThat(one.logits(BATCH)).isDeepEqualTo(logits);
      assertSame(copies(one.gradients(BATCH, TinyBert.LABELS, 0).byName()), kept, 0);
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void seesAnOptimisersChangesAndLoads(EngineChoice engine) {
    try (Encoder encoder = open(engine, CONFIG)) {
      float[][] logits = encoder.logits(BATCH);
      encoder.parameters().get("bert.encoder.layer.0.attention.self.key.weight").muli(1.1);
      assertThat(encoder.logits(BATCH)).isNotEqualTo(logits);
      Checkpoint changed = encoder.checkpoint();
      encoder.load(CHECKPOINT);
      assertThat(encoder.logits(BATCH)).isDeepEqualTo(logits);
      encoder.load(changed);
      assertThat(encoder.logits(BATCH)).isNotEqualTo(logits);
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void dropoutActsInTrainingAloneAndFollowsItsSeed(EngineChoice engine) {
    try (Encoder plain = open(engine, CONFIG);
        Encoder encoder = open(engine, CONFIG.withDropout(0.3))) {
      assertThat(encoder.logits(BATCH)).isDeepEqualTo(plain.logits(BATCH));
      double loss = encoder.gradients(BATCH, TinyBert.LABELS, 5).loss();
      assertThat(encoder.gradients(BATCH, TinyBert.LABELS, 6).loss()).isNotEqualTo(loss);
      assertThat(encoder.gradients(BATCH, TinyBert.LABELS, 5).loss()).isEqualTo(loss);
      assertThat(plain.gradients(BATCH, TinyBert.LABELS, 5).loss()).isNotEqualTo(loss);
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void neitherPaddingNorEarlierBatchesMatter(EngineChoice engine) {
    EncodedText text = new EncodedText(new int[] {1, 5, 3}, new int[] {0, 0, 1});
    EncodedText longer = new EncodedText(new int[] {1, 2, 3, 4, 5, 6}, new int[6]);
    try (Encoder encoder = open(engine, CONFIG);
        Encoder fresh = open(engine, CONFIG)) {
      float[] alone = fresh.logits(Batch.of(List.of(text)))[0];
      float[] padded = encoder.logits(Batch.of(List.of(longer, text)))[1];
      assertThat(padded).containsExactly(alone, within(1e-5f));
      encoder.gradients(BATCH, TinyBert.LABELS, 0);
      assertThat(encoder.logits(Batch.of(List.of(text)))[0]).isEqualTo(alone);
      Batch batch = new Batch(1, 3, new int[] {1, 4, 0}, new int[3], new int[] {1, 1, 0});
      int[] label = {1};
      Map<String, float[]> expected = copies(fresh.gradients(batch, label, 0).byName());
      assertSame(copies(encoder.gradients(batch, label, 0).byName()), expected, 0);
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void refusesWhatDoesNotFit(EngineChoice engine) {
    try (Encoder encoder = open(engine, CONFIG);
        Encoder bare = open(engine, CONFIG.withLabels(List.of()))) {
      refuses(encoder, new int[] {11}, new int[] {0}, "token id must lie in [0, 11): 11");
      refuses(encoder, new int[] {3}, new int[] {2}, "token type must lie in [0, 2): 2");
      refuses(encoder, new int[7], new int[7], "text of 7 tokens, the encoder has 6 positions");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> encoder.gradients(BATCH, new int[] {0, 3, 0}, 0))
          .withMessage("label must lie in [0, 3): 3");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> encoder.gradients(BATCH, new int[] {0}, 0))
          .withMessage("need one label per row: 1 labels, 3 rows");
      assertThatIllegalStateException()
          .isThrownBy(() -> encoder.gradients(BATCH, new float[3], 0))
          .withMessage("this encoder's head tells classes: it takes labels");
      assertThatIllegalStateException().isThrownBy(() -> bare.logits(BATCH));
      assertThatIllegalStateException().isThrownBy(() -> bare.gradients(BATCH, TinyBert.LABELS, 0));
      assertThat(bare.parameters()).doesNotContainKey("classifier.weight");
      assertThat(bare.pooled(BATCH)).isDeepEqualTo(encoder.pooled(BATCH));
    }
  }

  private static void refuses(Encoder encoder, int[] ids, int[] types, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> encoder.logits(Batch.of(List.of(new EncodedText(ids, types)))))
        .withMessage(message);
  }

  static Stream<Arguments> activations() {
    return Stream.of(Engine.SAMEDIFF, Engine.TORCH)
        .flatMap(
            engine ->
                Arrays.stream(Activation.values())
                    .map(function -> Arguments.of(EngineChoice.of(engine), function)));
  }

  /** {@link ActivationTest} holds ours to that of transformers. */
  @ParameterizedTest
  @MethodSource("activations")
  void everyActivationIsTheDirectEngines(EngineChoice engine, Activation function) {
    Sample sample = new Sample(Sample.architecture(Family.BERT, function, 3, 4), 4);
    Batch batch = sample.batch(5);
    try (Encoder direct = new DirectEncoder(sample.config(), sample.checkpoint(), 0);
        Encoder encoder = EngineContractTest.open(engine, sample.config(), sample.checkpoint())) {
      Gradients expected = sample.gradients(direct, batch, 0);
      Gradients actual = sample.gradients(encoder, batch, 0);
      assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-4));
      assertSame(copies(actual.byName()), copies(expected.byName()), 2e-4);
    }
  }

  /** The masks are the same functions of the seed, and so is everything else up to rounding. */
  @ParameterizedTest
  @MethodSource("io.darex.bench.encoder.Sample#samples")
  void torchTrainsTheNetworkThatTheDirectEngineTrains(Sample sample) {
    EncoderConfig config = sample.config().withDropout(0.2);
    Sample dropping = new Sample(config, sample.seed());
    Batch batch = sample.batch(6);
    try (Encoder torch =
            EngineContractTest.open(EngineChoice.of(Engine.TORCH), config, sample.checkpoint());
        Encoder direct = new DirectEncoder(config, sample.checkpoint(), 0)) {
      for (int step = 0; step < 5; step++) {
        double loss = 0;
        for (Encoder encoder : List.of(direct, torch)) {
          Gradients gradients = dropping.gradients(encoder, batch, step);
          assertThat(gradients.loss())
              .isCloseTo(
                  encoder == direct ? gradients.loss() : loss, within(2e-4 * Math.max(1, loss)));
          loss = gradients.loss();
          gradients
              .byName()
              .forEach((name, array) -> encoder.parameters().get(name).subi(array.mul(0.01)));
        }
      }
      assertSame(copies(torch.parameters()), copies(direct.parameters()), 1e-4);
    }
  }

  /** SameDiff takes a minute for it: {@link SameDiffEncoderTest} has a shorter one. */
  static Stream<EngineChoice> quick() {
    return engines().filter(choice -> choice.engine() != Engine.SAMEDIFF);
  }

  /** Each pass makes about a hundred tensors: kept, even their handles would come to gigabytes. */
  @ParameterizedTest
  @MethodSource("quick")
  void memoryIsFlatOver500StepsAnd5000Evaluations(EngineChoice choice) {
    EncoderConfig config =
        new EncoderConfig(97, 32, 1, 2, 64, 60, 2, 1e-12, 0.1, 0.1, 0.1, List.of("a", "b"));
    Sample sample = new Sample(config, 3);
    Batch batch = sample.batch(4);
    try (Encoder encoder = Encoders.open(choice, config, sample.checkpoint(), 0, 1)) {
      AdamROptimizer optimizer =
          encoder.optimizer(AdamR.builder().build(), Anchor.start(name -> true));
      long before = 0;
      for (int round = 0; round < 550; round++) {
        if (round == 50) {
          System.gc();
          before = Pointer.physicalBytes();
        }
        Gradients gradients = sample.gradients(encoder, batch, round);
        if (optimizer.hasGradients()) {
          optimizer.step();
        } else {
          optimizer.step(gradients.byName());
        }
        for (int pass = 0; pass < 10; pass++) {
          encoder.logits(batch);
        }
      }
      assertThat(Pointer.physicalBytes() - before).isLessThan(200L << 20);
    }
  }

  private static Map<String, float[]> copies(Map<String, INDArray> arrays) {
    Map<String, float[]> copies = new TreeMap<>();
    arrays.forEach((name, array) -> copies.put(name, array.dup('c').data().asFloat()));
    return copies;
  }

  /** The distance of each array is within so much of its length. */
  private static void assertSame(
      Map<String, float[]> actual, Map<String, float[]> expected, double tolerance) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) -> {
          double size = 0;
          double distance = 0;
          for (int i = 0; i < values.length; i++) {
            double difference = (double) actual.get(name)[i] - values[i];
            size += (double) values[i] * values[i];
            distance += difference * difference;
          }
          assertThat(Math.sqrt(distance))
              .as(name)
              .isLessThanOrEqualTo(tolerance * Math.max(Math.sqrt(size), 1e-1));
        });
  }
}
