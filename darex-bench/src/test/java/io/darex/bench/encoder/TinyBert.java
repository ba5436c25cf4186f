package io.darex.bench.encoder;

import io.darex.bench.tokenizer.EncodedText;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** A BERT small enough to check by hand: every kind of parameter, all of them random. */
public final class TinyBert {
  public static final EncoderConfig CONFIG =
      new EncoderConfig(11, 8, 2, 2, 12, 6, 2, 1e-3, 0, 0, 0, List.of("no", "maybe", "yes"));

  /** Three rows of 5, 2 and 4 tokens, with both token types. */
  static final Batch BATCH =
      Batch.of(
          List.of(
              new EncodedText(new int[] {1, 7, 7, 3, 10}, new int[] {0, 0, 1, 1, 1}),
              new EncodedText(new int[] {1, 4}, new int[] {0, 0}),
              new EncodedText(new int[] {1, 9, 2, 7}, new int[] {0, 1, 1, 1})));

  static final int[] LABELS = {2, 0, 1};

  private TinyBert() {}

  /** Weights of a size at which no part of the network is close to linear. */
  public static Checkpoint checkpoint(EncoderConfig config, long seed) {
    Random random = new Random(seed);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    Parameters.shapes(config)
        .forEach(
            (name, shape) -> {
              int count = 1;
              for (long dimension : shape) {
                count *= (int) dimension;
              }
              boolean gain = name.matches(".*(LayerNorm|layer_norm)\\.weight");
              float[] values = new float[count];
              for (int i = 0; i < count; i++) {
                values[i] = (float) (0.5 * random.nextGaussian() + (gain ? 1 : 0));
              }
              tensors.put(name, new FloatTensor(name, shape, values));
            });
    return new InMemoryCheckpoint(tensors, Optional.of(config.toJson()));
  }
}
