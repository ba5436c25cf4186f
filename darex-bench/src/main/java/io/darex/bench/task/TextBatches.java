package io.darex.bench.task;

import io.darex.bench.encoder.Batch;
import io.darex.bench.tokenizer.EncodedText;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Texts, batched by length once and used many times. */
public final class TextBatches {
  /** Enough tokens to fill the processor, few enough that activations stay in its cache. */
  public static final int TOKENS = 1024;

  private static final int ROWS = 128;

  private final int size;
  private final List<int[]> order;
  private final List<Batch> batches;

  /** Of {@link #TOKENS} tokens at most. */
  public TextBatches(List<EncodedText> texts) {
    this(texts, TOKENS);
  }

  /**
   * @param tokenBudget largest rows × longest row of a batch
   */
  public TextBatches(List<EncodedText> texts, int tokenBudget) {
    size = texts.size();
    int[] lengths = texts.stream().mapToInt(EncodedText::length).toArray();
    order = Batches.evaluation(lengths, tokenBudget, ROWS);
    batches =
        order.stream()
            .map(batch -> Batch.of(Arrays.stream(batch).mapToObj(texts::get).toList()))
            .toList();
  }

  /** How many texts there are. */
  public int size() {
    return size;
  }

  /** All of them, short texts with short ones. */
  public List<Batch> batches() {
    return batches;
  }

  /** What {@code compute} makes of every text, in the order of the texts. */
  public float[][] perText(Function<Batch, float[][]> compute) {
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
