package io.darex.bench.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.DirectEncoder;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.encoder.PlainEncoder;
import io.darex.bench.encoder.Sample;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.tokenizer.EncodedText;
import io.darex.prune.Checkpoint;
import io.darex.prune.Objective;
import io.darex.prune.Tensor;
import io.darex.prune.rescale.Evidence;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Calibrator} against {@link PlainEncoder} in double precision, on every family. */
class CalibratorTest {

  private static CalibrationTexts texts(Sample sample) {
    return new CalibrationTexts(sample.texts(5));
  }

  /** The sample's weights, each moved a little. */
  private static Checkpoint candidate(Sample sample) {
    Random random = new Random(sample.seed() + 7);
    SortedMap<String, Tensor> moved = new TreeMap<>();
    sample
        .checkpoint()
        .tensors()
        .forEach(
            (name, tensor) -> {
              float[] values = values(tensor);
              for (int i = 0; i < values.length; i++) {
                values[i] += 0.05f * (float) random.nextGaussian();
              }
              moved.put(name, new FloatTensor(name, tensor.shape(), values));
            });
    return new InMemoryCheckpoint(moved, Optional.empty());
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.count()];
    tensor.read(0, values, 0, values.length);
    return values;
  }

  /** With the head, and without: then the states of all tokens count. */
  @ParameterizedTest
  @MethodSource("io.darex.bench.encoder.Sample#samples")
  void theUnlabelledObjectiveIsMinusTheMeanSquaredChangeOfTheAnswers(Sample sample) {
    Checkpoint candidate = candidate(sample);
    PlainEncoder before = new PlainEncoder(sample.config(), sample.checkpoint());
    PlainEncoder after = new PlainEncoder(sample.config(), candidate);
    for (EncoderConfig config : List.of(sample.config(), sample.config().withLabels(List.of()))) {
      double expected =
          sample.texts(5).stream()
              .mapToDouble(
                  text -> change(answer(before, config, text), answer(after, config, text)))
              .average()
              .orElseThrow();
      try (Encoder encoder = new DirectEncoder(config, candidate, 0)) {
        Calibrator calibrator =
            new Calibrator(new LoadedEncoder(encoder), sample.checkpoint(), texts(sample));
        Objective objective = calibrator.evidence().unlabelled().orElseThrow();
        assertThat(objective.score(candidate)).isCloseTo(-expected, within(1e-4)).isNegative();
        assertThat(objective.score(sample.checkpoint())).isEqualTo(0.0);
        // The tuned model once, and each candidate once.
        assertThat(calibrator.passes()).isEqualTo(15);
      }
    }
  }

  private static double change(double[] before, double[] after) {
    return IntStream.range(0, before.length)
        .mapToDouble(i -> Math.pow(after[i] - before[i], 2))
        .average()
        .orElseThrow();
  }

  /** Class probabilities, the score of a regression, or the states of all tokens. */
  private static double[] answer(PlainEncoder plain, EncoderConfig config, EncodedText text) {
    if (config.classes() == 0) {
      return Arrays.stream(plain.hidden(text.ids(), text.types()))
          .flatMapToDouble(Arrays::stream)
          .toArray();
    }
    double[] scores = plain.logits(text.ids(), text.types());
    if (config.isRegression()) {
      return scores;
    }
    double sum = Arrays.stream(scores).map(Math::exp).sum();
    return Arrays.stream(scores).map(score -> Math.exp(score) / sum).toArray();
  }

  @Test
  void evidenceGoesByTheNamesOfTheTunedCheckpoint() {
    Sample sample = new Sample(TinyBert.CONFIG, 4);
    SortedMap<String, Tensor> legacy = new TreeMap<>();
    sample
        .checkpoint()
        .tensors()
        .forEach(
            (name, tensor) ->
                legacy.put(
                    name.replaceFirst("^bert\\.", "")
                        .replace("LayerNorm.weight", "LayerNorm.gamma")
                        .replace("LayerNorm.bias", "LayerNorm.beta"),
                    tensor));
    Checkpoint tuned = new InMemoryCheckpoint(legacy, Optional.empty());
    try (Encoder encoder = new DirectEncoder(sample.config(), tuned, 0)) {
      Evidence evidence =
          new Calibrator(new LoadedEncoder(encoder), tuned, texts(sample)).evidence();
      assertThat(evidence.calibration().orElseThrow().inputs().keySet())
          .isSubsetOf(legacy.keySet())
          .contains("encoder.layer.0.attention.self.key.weight", "classifier.weight");
      assertThat(evidence.unlabelled().orElseThrow().score(tuned)).isEqualTo(0.0);
      assertThat(evidence.labelled()).isEmpty();
    }
  }

  @Test
  void everyAnswerIsTheSameInAnyOrder() {
    Sample sample = new Sample(TinyBert.CONFIG, 4);
    Checkpoint candidate = candidate(sample);
    try (Encoder encoder = new DirectEncoder(sample.config(), candidate, 0)) {
      Calibrator fresh =
          new Calibrator(new LoadedEncoder(encoder), sample.checkpoint(), texts(sample));
      double score = fresh.evidence().unlabelled().orElseThrow().score(candidate);
      Batch batch = sample.batch(5);
      encoder.load(sample.checkpoint());
      String layer = "bert.encoder.layer.0.attention.output.dense.weight";
      double mean = encoder.inputs(List.of(batch)).get(layer).mean(0);
      Calibrator other =
          new Calibrator(new LoadedEncoder(encoder), sample.checkpoint(), texts(sample));
      assertThat(other.evidence().unlabelled().orElseThrow().score(candidate)).isEqualTo(score);
      assertThat(other.evidence().calibration().orElseThrow().inputs().get(layer).mean(0))
          .isCloseTo(mean, within(1e-5));
      assertThat(other.evidence().unlabelled().orElseThrow().score(candidate)).isEqualTo(score);
    }
  }

  @Test
  void aCandidateThatComputesNanScoresNan() {
    Sample sample = new Sample(TinyBert.CONFIG, 4);
    SortedMap<String, Tensor> broken = new TreeMap<>(sample.checkpoint().tensors());
    String name = "bert.encoder.layer.0.output.dense.bias";
    float[] values = values(broken.get(name));
    values[0] = Float.NaN;
    broken.put(name, new FloatTensor(name, new long[] {values.length}, values));
    Checkpoint candidate = new InMemoryCheckpoint(broken, Optional.empty());
    try (Encoder encoder = new DirectEncoder(sample.config(), sample.checkpoint(), 0)) {
      Calibrator calibrator =
          new Calibrator(new LoadedEncoder(encoder), sample.checkpoint(), texts(sample));
      assertThat(calibrator.evidence().unlabelled().orElseThrow().score(candidate)).isNaN();
    }
  }
}
