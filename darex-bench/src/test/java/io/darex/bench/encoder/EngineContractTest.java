package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.darex.prune.Checkpoint;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What every engine keeps: its outputs and gradients are those of {@link PlainEncoder} on random
 * architectures of every family, and it refuses what is no use of it. PyTorch is here only where
 * the build has its library.
 */
@Tag("torch")
class EngineContractTest {
  private static final double EXACT = 1e-4;

  /** The code for cards, on the processor. */
  static final EngineChoice APART = new EngineChoice(Engine.TORCH, Device.APART, Precision.F32);

  /** Those that this build has. */
  static Stream<EngineChoice> engines() {
    return Stream.of(
            EngineChoice.of(Engine.DIRECT),
            EngineChoice.of(Engine.SAMEDIFF),
            EngineChoice.of(Engine.TORCH),
            APART)
        .filter(engine -> engine.missing().isEmpty());
  }

  static Stream<Arguments> cases() {
    return engines()
        .flatMap(
            engine ->
                Sample.samples()
                    .filter(
                        each ->
                            engine.engine() != Engine.SAMEDIFF || each.config().hiddenSize() > 1)
                    .map(each -> Arguments.of(engine, each)));
  }

  static Encoder open(EngineChoice engine, EncoderConfig config, Checkpoint checkpoint) {
    engine.missing().ifPresent(why -> assumeTrue(false, why));
    return Encoders.open(engine, config, checkpoint, 0);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void outputsAgreeWithAnIndependentForwardPass(EngineChoice engine, Sample sample) {
    PlainEncoder plain = new PlainEncoder(sample.config(), sample.checkpoint());
    Batch batch = sample.batch();
    int hidden = sample.config().hiddenSize();
    try (Encoder encoder = open(engine, sample.config(), sample.checkpoint())) {
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
  @MethodSource("cases")
  void gradientsAgreeWithCentralDifferencesOfTheIndependentPass(
      EngineChoice engine, Sample sample) {
    PlainEncoder plain = new PlainEncoder(sample.config(), sample.checkpoint());
    Batch batch = sample.batch();
    Random random = new Random(sample.seed() + 3);
    try (Encoder encoder = open(engine, sample.config(), sample.checkpoint())) {
      Gradients gradients = sample.gradients(encoder, batch, 0);
      float[] wanted = sample.wanted(batch.rows());
      assertThat(gradients.loss())
          .isCloseTo(plain.loss(batch, wanted), within(EXACT * Math.max(1, gradients.loss())));
      assertThat(gradients.byName().keySet()).isEqualTo(encoder.parameters().keySet());
      assertGradients(gradients, plain, random, () -> plain.loss(batch, wanted), 1);
    }
  }

  /** Each score weighs differently, and none is linear in the result. */
  @ParameterizedTest
  @MethodSource("cases")
  void gradientsOfAnyFunctionOfTheScoresAreWithoutDropout(EngineChoice engine, Sample sample) {
    PlainEncoder plain = new PlainEncoder(sample.config(), sample.checkpoint());
    Batch batch = sample.batch();
    EncoderConfig dropping = sample.config().withDropout(0.3);
    try (Encoder encoder = open(engine, dropping, sample.checkpoint())) {
      Gradients gradients =
          encoder.gradients(
              batch,
              scores -> {
                double sum = 0;
                for (int row = 0; row < scores.length; row++) {
                  for (int i = 0; i < scores[row].length; i++) {
                    sum += (row + i + 1) * Math.sin(scores[row][i]);
                    scores[row][i] = (float) ((row + i + 1) * Math.cos(scores[row][i]));
                  }
                }
                return sum;
              });
      DoubleSupplier function =
          () -> {
            double sum = 0;
            for (int row = 0; row < batch.rows(); row++) {
              double[] scores =
                  plain.logits(PlainEncoder.ids(batch, row), PlainEncoder.types(batch, row));
              for (int i = 0; i < scores.length; i++) {
                sum += (row + i + 1) * Math.sin(scores[i]);
              }
            }
            return sum;
          };
      assertThat(gradients.loss()).isCloseTo(function.getAsDouble(), within(1e-3));
      double scale = Math.max(1, largest(gradients));
      assertGradients(gradients, plain, new Random(sample.seed() + 3), function, scale);
    }
  }

  private static void assertGradients(
      Gradients gradients,
      PlainEncoder plain,
      Random random,
      DoubleSupplier function,
      double scale) {
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
                double expected = difference(plain, name, direction, function);
                double size = Math.sqrt(Arrays.stream(direction).map(d -> d * d).sum());
                assertThat(actual)
                    .as(name)
                    .isCloseTo(
                        expected, within(EXACT * Math.max(scale * size, Math.abs(expected))));
              }
            });
  }

  private static double largest(Gradients gradients) {
    return gradients.byName().values().stream()
        .mapToDouble(gradient -> gradient.normmaxNumber().doubleValue())
        .max()
        .orElseThrow();
  }

  private static double difference(
      PlainEncoder plain, String name, double[] direction, DoubleSupplier function) {
    double step = 1e-6;
    double[] values = plain.parameter(name);
    double[] before = values.clone();
    Arrays.setAll(values, i -> before[i] + step * direction[i]);
    double above = function.getAsDouble();
    Arrays.setAll(values, i -> before[i] - step * direction[i]);
    double below = function.getAsDouble();
    System.arraycopy(before, 0, values, 0, values.length);
    return (above - below) / (2 * step);
  }

  /** In fp32 the differences are coarse, but a mask forgotten on the way back is no small error. */
  @ParameterizedTest
  @MethodSource("cases")
  void gradientsUnderDropoutAreThoseOfTheLossUnderTheSameMasks(EngineChoice engine, Sample sample) {
    EncoderConfig config = sample.config().withDropout(0.3);
    Sample dropping = new Sample(config, sample.seed());
    Batch batch = sample.batch();
    try (Encoder encoder = open(engine, config, sample.checkpoint())) {
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
      double step = 2e-4 / Math.sqrt(size);
      analytic.forEach((name, g) -> encoder.parameters().get(name).addi(g.mul(step)));
      double above = dropping.gradients(encoder, batch, 5).loss();
      analytic.forEach((name, g) -> encoder.parameters().get(name).subi(g.mul(2 * step)));
      double below = dropping.gradients(encoder, batch, 5).loss();
      assertThat((above - below) / (2 * step)).isCloseTo(size, within(0.03 * size + 1e-4));
    }
  }
}
