package io.darex.bench.select;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.task.TextBatches;
import io.darex.bench.tokenizer.EncodedText;
import io.darex.prune.Checkpoint;
import io.darex.prune.NonFiniteException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Minus the mean |change| of the last hidden state against the tuned model, over the tokens and
 * features of a text and then over texts: what 1/q_e looks at (docs/METHOD.md §3.1), on other
 * texts. It need not go with what the model is for.
 */
final class OutputChange implements Measure {
  private final int size;
  private final List<TextBatches> halves = new ArrayList<>();
  private final List<float[][]> wanted = new ArrayList<>();

  /**
   * @param tuned holding the tuned model
   * @throws NonFiniteException if a state of it is NaN or infinite
   */
  OutputChange(List<EncodedText> texts, Encoder tuned) {
    size = texts.size();
    for (int half = 0; half < 2; half++) {
      halves.add(
          new TextBatches(Arrays.stream(Measure.places(half, size)).mapToObj(texts::get).toList()));
      wanted.add(halves.get(half).perText(batch -> states(tuned, batch)));
      for (float[] states : wanted.get(half)) {
        for (int i = 0; i < states.length; i++) {
          NonFiniteException.check("last hidden state of the tuned model", i, states[i]);
        }
      }
    }
  }

  @Override
  public String metric() {
    return "minus mean |change| of the last hidden state";
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public boolean isProxy() {
    return true;
  }

  @Override
  public double[] numbers(LoadedEncoder loaded, Checkpoint model, int half) {
    float[][] before = wanted.get(half);
    double[] changes = new double[before.length];
    Encoder encoder;
    try {
      encoder = loaded.with(model);
    } catch (NonFiniteException e) {
      Arrays.fill(changes, Double.NaN); // a weight overflows
      return changes;
    }
    float[][] after = halves.get(half).perText(batch -> states(encoder, batch));
    for (int text = 0; text < changes.length; text++) {
      double sum = 0;
      for (int i = 0; i < after[text].length; i++) {
        sum += Math.abs((double) after[text][i] - before[text][i]);
      }
      changes[text] = Double.isFinite(sum) ? sum / after[text].length : Double.NaN;
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
  public double score(double[] numbers, int[] places) {
    return -Arrays.stream(places).mapToDouble(place -> numbers[place]).sum() / places.length;
  }
}
