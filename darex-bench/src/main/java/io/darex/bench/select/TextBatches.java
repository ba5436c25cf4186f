package io.darex.bench.select;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.EncodedText;
import io.darex.bench.glue.Batches;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Texts, batched once and used many times. */
final class TextBatches {
  // Enough tokens to fill the processor, few enough that activations stay in its cache.
  private static final int TOKENS = 1024;

  private static final int ROWS = 128;

  private final int size;
  private final List<int[]> order;
  private final List<Batch> batches;

  TextBatches(List<EncodedText> texts) {
    size = texts.size();
    int[] lengths = texts.stream().mapToInt(EncodedText::length).toArray();
    order = Batches.evaluation(lengths, TOKENS, ROWS);
    batches =
        order.stream()
            .map(batch -> Batch.of(Arrays.stream(batch).mapToObj(texts::get).toList()))
            .toList();
  }

  int size() {
    return size;
  }

  /** What {@code compute} makes of every text, in the order of the texts. */
  float[][] perText(Function<Batch, float[][]> compute) {
    float[][] vectors = new float[size][];
    for (int b = 0; b < batches.size(); b++) {
      float[][] rows = compute.apply(batches.get(b));
      int[] places = order.get(b);
      for (int row = 0; row < places.length; row++) {
        vectors[places[row]] = rows[row];
      }
    }
    return vectors;
  }
}
