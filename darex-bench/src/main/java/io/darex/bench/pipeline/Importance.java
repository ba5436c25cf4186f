package io.darex.bench.pipeline;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.Gradients;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.encoder.Loss;
import io.darex.bench.task.LabelOrder;
import io.darex.bench.task.TaskTexts;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How much the change of each tensor matters to the loss: |⟨Δ_k, ∇L(θ_P)⟩| (docs/METHOD.md §5.4,
 * APL).
 */
final class Importance {
  /** Labelled texts the loss is taken over. */
  static final int TEXTS = 256;

  private static final int BATCH = 16;
  private static final int CHUNK = 1 << 16;

  private Importance() {}

  /**
   * The importance of every pruned tensor by tuned name; 0 where the loss does not depend on it.
   *
   * @param start the pre-trained weights with the tuned head
   * @param train what is learned from: its first {@link #TEXTS}
   */
  static Map<String, Double> of(
      LoadedEncoder loaded, Checkpoint start, Delta delta, TaskTexts train) {
    Encoder encoder = loaded.with(start);
    LabelOrder order = train.order(encoder);
    Map<String, String> names = encoder.config().namesIn(delta.tuned());
    Map<String, Double> products = new TreeMap<>();
    delta.pairs().keySet().forEach(name -> products.put(name, 0.0));
    int count = Math.min(TEXTS, train.size());
    for (int from = 0; from < count; from += BATCH) {
      int[] indices = IntStream.range(from, Math.min(count, from + BATCH)).toArray();
      Batch batch = train.batch(indices);
      Gradients gradients =
          encoder.gradients(batch, loss(encoder, batch, order, train.labels(indices)));
      double share = (double) indices.length / count;
      gradients
          .byName()
          .forEach(
              (name, gradient) ->
                  products.computeIfPresent(
                      names.getOrDefault(name, name),
                      (theirs, sum) -> sum + share * product(delta.pairs().get(theirs), gradient)));
    }
    products.replaceAll((name, product) -> Math.abs(product));
    return products;
  }

  private static Loss loss(Encoder encoder, Batch batch, LabelOrder order, double[] wanted) {
    if (!encoder.config().isRegression()) {
      return Loss.crossEntropy(encoder.config(), batch, order.classes(wanted));
    }
    float[] targets = new float[wanted.length];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = (float) wanted[i];
    }
    return Loss.squaredError(encoder.config(), batch, targets);
  }

  private static double product(Delta.Pair pair, INDArray gradient) {
    float[] slopes = gradient.data().asFloat();
    float[] entries = new float[CHUNK];
    float[] scratch = new float[CHUNK];
    double sum = 0;
    for (int from = 0; from < slopes.length; from += CHUNK) {
      int length = Math.min(CHUNK, slopes.length - from);
      pair.read(from, entries, scratch, length);
      for (int i = 0; i < length; i++) {
        sum += (double) entries[i] * slopes[from + i];
      }
    }
    return sum;
  }
}
