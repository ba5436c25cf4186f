package io.darex.bench.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.DirectEncoder;
import io.darex.bench.encoder.EncodedText;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.Family;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.encoder.PlainEncoder;
import io.darex.bench.encoder.Sample;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.Checkpoint;
import io.darex.prune.Objective;
import io.darex.prune.Tensor;
import io.darex.prune.checkpoint.FloatTensor;
import io.darex.prune.checkpoint.InMemoryCheckpoint;
import io.darex.prune.rescale.Evidence;
import io.darex.prune.rescale.Outputs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Calibrator} against {@link PlainEncoder} in double precision, on every family. */
class CalibratorTest {
  private static final int FEW = 3;

  private static CalibrationTexts texts(Sample sample) {
    return new CalibrationTexts(sample.texts(5), FEW);
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

  @ParameterizedTest
  @MethodSource("io.darex.bench.encoder.Sample#samples")
  void theUnlabelledObjectiveIsMinusTheMeanChangeOfTheState(Sample sample) {
    Checkpoint candidate = candidate(sample);
    PlainEncoder before = new PlainEncoder(sample.config(), sample.checkpoint());
    PlainEncoder after = new PlainEncoder(sample.config(), candidate);
    double sum = 0;
    long count = 0;
    for (EncodedText text : sample.texts(5)) {
      double[][] wanted = state(before, sample, text);
      double[][] actual = state(after, sample, text);
      for (int row = 0; row < wanted.length; row++) {
        for (int i = 0; i < wanted[row].length; i++) {
          sum += Math.abs(actual[row][i] - wanted[row][i]);
          count++;
        }
      }
    }
    try (Encoder encoder = new DirectEncoder(sample.config(), candidate, 0)) {
      Calibrator calibrator =
          new Calibrator(new LoadedEncoder(encoder), sample.checkpoint(), texts(sample));
      Objective objective = calibrator.unlabelled();
      assertThat(objective.score(candidate)).isCloseTo(-sum / count, within(1e-4));
      assertThat(objective.score(sample.checkpoint())).isEqualTo(0.0);
      // The tuned model once, and each candidate once.
      assertThat(calibrator.passes()).isEqualTo(new Passes(15, 0));
    }
  }

  /** All tokens; of RoBERTa the first token after the head's dense layer. */
  private static double[][] state(PlainEncoder plain, Sample sample, EncodedText text) {
    double[][] hidden = plain.hidden(text.ids(), text.types());
    if (sample.config().family().body() != Family.ROBERTA) {
      return hidden;
    }
    double[] weight = plain.parameter("classifier.dense.weight");
    double[] dense = plain.parameter("classifier.dense.bias").clone();
    for (int o = 0; o < dense.length; o++) {
      for (int i = 0; i < dense.length; i++) {
        dense[o] += weight[o * dense.length + i] * hidden[0][i];
      }
    }
    return new double[][] {dense};
  }

  @ParameterizedTest
  @MethodSource("io.darex.bench.encoder.Sample#samples")
  void gradientsOfOutputsAreThoseOfMarginsCentredLogitsAndScores(Sample sample) {
    PlainEncoder plain = new PlainEncoder(sample.config(), sample.checkpoint());
    int classes = sample.config().classes();
    int outputs = classes == 2 ? 1 : classes;
    Random random = new Random(sample.seed());
    try (Encoder encoder = new DirectEncoder(sample.config(), candidate(sample), 0)) {
      Calibrator calibrator =
          new Calibrator(new LoadedEncoder(encoder), sample.checkpoint(), texts(sample));
      List<Integer> calls = new ArrayList<>();
      calibrator
          .calibration()
          .outputs()
          .gradients(
              gradients -> {
                EncodedText text = sample.texts(5).get(calls.size() / outputs);
                int output = calls.size() % outputs;
                calls.add(output);
                assertGradients(
                    gradients,
                    plain,
                    random,
                    () -> {
                      double[] logits = plain.logits(text.ids(), text.types());
                      return classes == 1
                          ? logits[0]
                          : classes == 2
                              ? logits[1] - logits[0]
                              : logits[output] - Arrays.stream(logits).average().orElseThrow();
                    });
              });
      assertThat(calls).hasSize(FEW * outputs);
      assertThat(calibrator.passes())
          .isEqualTo(new Passes((long) FEW * outputs, (long) FEW * outputs));
    }
  }

  @ParameterizedTest
  @MethodSource("io.darex.bench.encoder.Sample#samples")
  void theChangeOfOutputsAgreesWithItsGradient(Sample sample) {
    Checkpoint candidate = candidate(sample);
    PlainEncoder before = new PlainEncoder(sample.config(), sample.checkpoint());
    PlainEncoder after = new PlainEncoder(sample.config(), candidate);
    DoubleSupplier change =
        () -> {
          double sum = 0;
          for (EncodedText text : sample.texts(5).subList(0, FEW)) {
            double[] wanted = before.logits(text.ids(), text.types());
            double[] actual = after.logits(text.ids(), text.types());
            for (int i = 0; i < wanted.length; i++) {
              sum += (actual[i] - wanted[i]) * (actual[i] - wanted[i]);
            }
          }
          return sum / FEW;
        };
    Random random = new Random(sample.seed());
    try (Encoder encoder = new DirectEncoder(sample.config(), candidate, 0)) {
      Calibrator calibrator =
          new Calibrator(new LoadedEncoder(encoder), sample.checkpoint(), texts(sample));
      Outputs outputs = calibrator.calibration().outputs();
      double actual =
          outputs.change(candidate, gradients -> assertGradients(gradients, after, random, change));
      assertThat(actual).isCloseTo(change.getAsDouble(), within(1e-3 * Math.max(1, actual)));
      assertThat(outputs.change(sample.checkpoint(), gradients -> {})).isCloseTo(0, within(1e-9));
    }
  }

  private static void assertGradients(
      Map<String, Tensor> gradients, PlainEncoder plain, Random random, DoubleSupplier function) {
    double largest = 1;
    for (Tensor gradient : gradients.values()) {
      for (float value : values(gradient)) {
        largest = Math.max(largest, Math.abs(value));
      }
    }
    double scale = largest;
    gradients.forEach(
        (name, gradient) -> {
          assertThat(gradient.name()).isEqualTo(name);
          float[] analytic = values(gradient);
          double[] live = plain.parameter(name);
          double[] kept = live.clone();
          double[] direction = random.doubles(live.length, -1, 1).toArray();
          double step = 1e-6;
          Arrays.setAll(live, i -> kept[i] + step * direction[i]);
          double above = function.getAsDouble();
          Arrays.setAll(live, i -> kept[i] - step * direction[i]);
          double below = function.getAsDouble();
          System.arraycopy(kept, 0, live, 0, live.length);
          double actual = 0;
          double size = 0;
          for (int i = 0; i < analytic.length; i++) {
            actual += analytic[i] * direction[i];
            size += direction[i] * direction[i];
          }
          double tolerance = 2e-4 * scale * Math.max(1, Math.sqrt(size));
          assertThat(actual).as(name).isCloseTo((above - below) / (2 * step), within(tolerance));
        });
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
      evidence
          .calibration()
          .orElseThrow()
          .outputs()
          .gradients(gradients -> assertThat(gradients.keySet()).isEqualTo(legacy.keySet()));
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
      double change = fresh.calibration().outputs().change(candidate, gradients -> {});
      double score = fresh.unlabelled().score(candidate);
      Batch batch = sample.batch(5);
      encoder.load(sample.checkpoint());
      String layer = "bert.encoder.layer.0.attention.output.dense.weight";
      double mean = encoder.inputs(List.of(batch)).get(layer).mean(0);
      Calibrator other =
          new Calibrator(new LoadedEncoder(encoder), sample.checkpoint(), texts(sample));
      assertThat(other.unlabelled().score(candidate)).isEqualTo(score);
      assertThat(other.calibration().inputs().get(layer).mean(0)).isCloseTo(mean, within(1e-5));
      assertThat(other.calibration().outputs().change(candidate, gradients -> {}))
          .isEqualTo(change);
      assertThat(other.unlabelled().score(candidate)).isEqualTo(score);
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
      assertThat(calibrator.unlabelled().score(candidate)).isNaN();
      double change =
          calibrator
              .calibration()
              .outputs()
              .change(
                  candidate,
                  gradients -> {
                    throw new AssertionError("gradients of NaN");
                  });
      assertThat(change).isNaN();
    }
  }
}
