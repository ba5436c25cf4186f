package io.darex.bench.select;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.EncodedText;
import io.darex.bench.encoder.Encoder;
import io.darex.prune.Checkpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Minus the mean |change| of the last hidden state against the tuned model, over the tokens and
 * features of a text and then over texts: what 1/q_e looks at (docs/METHOD.md §3.1), on other
 * texts. It need not go with what the model is for.
 */
final class OutputChange extends Yardstick {
  private final List<float[][]> wanted = new ArrayList<>();

  /**
   * @param encoder into which {@code tuned} is loaded
   */
  OutputChange(List<EncodedText> texts, Encoder encoder, Checkpoint tuned) {
    super("minus mean |change| of the last hidden state", texts);
    encoder.load(tuned);
    for (int half = 0; half < 2; half++) {
      wanted.add(half(half).perText(batch -> states(encoder, batch)));
    }
  }

  @Override
  double[] numbers(Encoder encoder, int half) {
    float[][] before = wanted.get(half);
    float[][] after = half(half).perText(batch -> states(encoder, batch));
    double[] changes = new double[after.length];
    for (int text = 0; text < changes.length; text++) {
      double sum = 0;
      for (int i = 0; i < after[text].length; i++) {
        sum += Math.abs((double) after[text][i] - before[text][i]);
      }
      changes[text] = sum / after[text].length;
    }
    return changes;
  }

  /** The last hidden state of every text's own tokens, one after the other. */
  private static float[][] states(Encoder encoder, Batch batch) {
    float[] padded = encoder.lastHidden(batch);
    int hidden = encoder.config().hiddenSize();
    float[][] states = new float[batch.rows()][];
    for (int row = 0; row < states.length; row++) {
      int first = row * batch.columns();
      int tokens = 0;
      while (tokens < batch.columns() && batch.mask()[first + tokens] == 1) {
        tokens++;
      }
      states[row] = Arrays.copyOfRange(padded, first * hidden, (first + tokens) * hidden);
    }
    return states;
  }

  @Override
  double score(double[] numbers, int[] places) {
    return -Arrays.stream(places).mapToDouble(place -> numbers[place]).sum() / places.length;
  }

  @Override
  boolean isProxy() {
    return true;
  }
}
