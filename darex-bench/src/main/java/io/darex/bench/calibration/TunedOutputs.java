package io.darex.bench.calibration;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.EncodedText;
import io.darex.bench.encoder.Gradients;
import io.darex.bench.encoder.Loss;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.rescale.Outputs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The logits of an encoder on a few texts, as a function of its weights; dropout never acts. */
final class TunedOutputs implements Outputs {
  private final CountingEncoder encoder;
  private final Checkpoint tuned;
  private final Map<String, String> names;
  private final List<EncodedText> texts;
  private final List<Batch> batches;
  private Optional<List<float[][]>> reference = Optional.empty();

  /**
   * @param names by parameter of the encoder, what the tuned checkpoint calls it
   * @param batches the same texts
   */
  TunedOutputs(
      CountingEncoder encoder,
      Checkpoint tuned,
      Map<String, String> names,
      List<EncodedText> texts,
      List<Batch> batches) {
    this.encoder = encoder;
    this.tuned = tuned;
    this.names = names;
    this.texts = texts;
    this.batches = batches;
  }

  @Override
  public void gradients(Consumer<Map<String, Tensor>> each) {
    encoder.load(tuned);
    int classes = encoder.config().classes();
    int outputs = classes == 2 ? 1 : classes;
    for (EncodedText text : texts) {
      Batch alone = Batch.of(List.of(text));
      for (int output = 0; output < outputs; output++) {
        each.accept(tensors(encoder.gradients(alone, output(output, classes)).byName()));
      }
    }
  }

  /** One scalar output of the first text. */
  private static Loss output(int index, int classes) {
    float[] weights = new float[classes];
    for (int i = 0; i < classes; i++) {
      weights[i] =
          switch (classes) {
            case 1 -> 1;
            case 2 -> i == 1 ? 1 : -1;
            default -> (i == index ? 1 : 0) - 1f / classes;
          };
    }
    return scores -> {
      double value = 0;
      for (int i = 0; i < classes; i++) {
        value += (double) weights[i] * scores[0][i];
        scores[0][i] = weights[i];
      }
      return value;
    };
  }

  @Override
  public double change(Checkpoint candidate, Consumer<Map<String, Tensor>> gradients) {
    List<float[][]> wanted = reference();
    encoder.load(candidate);
    Map<String, INDArray> sums = new TreeMap<>();
    try {
      double change = 0;
      for (int b = 0; b < wanted.size(); b++) {
        Gradients part = encoder.gradients(batches.get(b), distance(wanted.get(b)));
        change += part.loss();
        part.byName()
            .forEach(
                (name, gradient) ->
                    sums.compute(
                        name, (n, sum) -> sum == null ? gradient.dup() : sum.addi(gradient)));
      }
      if (!Double.isFinite(change)) {
        return Double.NaN;
      }
      gradients.accept(tensors(sums));
      return change;
    } finally {
      sums.values().forEach(INDArray::close);
    }
  }

  @Override
  public double change(Checkpoint candidate) {
    List<float[][]> wanted = reference();
    encoder.load(candidate);
    double change = 0;
    for (int b = 0; b < wanted.size(); b++) {
      change += distance(wanted.get(b)).intoGradient(encoder.logits(batches.get(b)));
    }
    return Double.isFinite(change) ? change : Double.NaN;
  }

  /** The batch's share of the mean over all texts of Σ(logit − wanted)². */
  private Loss distance(float[][] wanted) {
    return scores -> {
      double sum = 0;
      for (int row = 0; row < scores.length; row++) {
        for (int i = 0; i < scores[row].length; i++) {
          double difference = (double) scores[row][i] - wanted[row][i];
          sum += difference * difference;
          scores[row][i] = (float) (2 * difference / texts.size());
        }
      }
      return sum / texts.size();
    };
  }

  private List<float[][]> reference() {
    if (reference.isEmpty()) {
      encoder.load(tuned);
      List<float[][]> logits = new ArrayList<>();
      batches.forEach(batch -> logits.add(encoder.logits(batch)));
      reference = Optional.of(logits);
    }
    return reference.get();
  }

  private Map<String, Tensor> tensors(Map<String, INDArray> arrays) {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    arrays.forEach(
        (name, array) -> {
          String theirs = names.get(name);
          tensors.put(theirs, GradientTensor.of(theirs, array));
        });
    return tensors;
  }
}
