package io.darex.bench.pipeline;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.glue.Batches;
import io.darex.bench.glue.Metric;
import java.util.List;
import java.util.function.Function;

/** A split that models are scored on: batched once, used many times. */
final class Split {
  // Enough tokens to fill the processor, few enough that activations stay in its cache.
  private static final int TOKENS = 1024;
  private static final int ROWS = 128;

  private final Texts texts;
  private final Metric metric;
  private final List<int[]> order;
  private final List<Batch> batches;

  Split(Texts texts, Metric metric) {
    this.texts = texts;
    this.metric = metric;
    order = Batches.evaluation(texts.lengths(), TOKENS, ROWS);
    batches = order.stream().map(texts::batch).toList();
  }

  Texts texts() {
    return texts;
  }

  Metric metric() {
    return metric;
  }

  /** The metric of the weights and the head that {@code encoder} holds. */
  double score(Encoder encoder) {
    return score(perText(encoder::logits));
  }

  /** The metric of predicting the label with the largest of {@code scores}, [text][label]. */
  double score(float[][] scores) {
    int[] predicted = new int[scores.length];
    for (int i = 0; i < scores.length; i++) {
      for (int label = 1; label < scores[i].length; label++) {
        predicted[i] = scores[i][label] > scores[i][predicted[i]] ? label : predicted[i];
      }
    }
    return metric.of(texts.labels(), predicted);
  }

  /** What {@code compute} makes of every text, in the order of the texts. */
  float[][] perText(Function<Batch, float[][]> compute) {
    float[][] vectors = new float[texts.size()][];
    for (int b = 0; b < batches.size(); b++) {
      float[][] rows = compute.apply(batches.get(b));
      int[] indices = order.get(b);
      for (int row = 0; row < indices.length; row++) {
        vectors[indices[row]] = rows[row];
      }
    }
    return vectors;
  }
}
