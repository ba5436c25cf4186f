package io.darex.bench.calibration;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Family;
import io.darex.prune.Checkpoint;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Objective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Minus the mean absolute change of the last hidden state against the tuned model (docs/METHOD.md
 * §3.1, 1/q_e), over the real tokens of all texts and all features; of RoBERTa, as there, that of
 * what the first tokens give after the head's {@code classifier.dense}, where it has a head.
 *
 * <p>The tuned model's states are computed once; a candidate costs a forward pass.
 */
final class HiddenChange implements Objective {
  private final CountingEncoder encoder;
  private final Checkpoint tuned;
  private final List<Batch> batches;
  private Optional<List<float[]>> reference = Optional.empty();

  HiddenChange(CountingEncoder encoder, Checkpoint tuned, List<Batch> batches) {
    this.encoder = encoder;
    this.tuned = tuned;
    this.batches = batches;
  }

  /**
   * @throws NonFiniteException if a state of the tuned model is NaN or infinite
   */
  @Override
  public double score(Checkpoint candidate) {
    List<float[]> wanted = reference();
    CountingEncoder pruned;
    try {
      pruned = encoder.with(candidate);
    } catch (NonFiniteException e) {
      return Double.NaN; // a weight overflows
    }
    double sum = 0;
    long count = 0;
    for (int b = 0; b < wanted.size(); b++) {
      float[] before = wanted.get(b);
      float[] after = state(pruned, batches.get(b));
      for (int i = 0; i < before.length; i++) {
        sum += Math.abs((double) after[i] - before[i]);
      }
      count += before.length;
    }
    double mean = sum / count;
    return Double.isFinite(mean) ? 0 - mean : Double.NaN;
  }

  private List<float[]> reference() {
    if (reference.isEmpty()) {
      CountingEncoder whole = encoder.with(tuned);
      List<float[]> states = new ArrayList<>();
      for (Batch batch : batches) {
        float[] state = state(whole, batch);
        for (int i = 0; i < state.length; i++) {
          NonFiniteException.check("last hidden state of the tuned model", i, state[i]);
        }
        states.add(state);
      }
      reference = Optional.of(states);
    }
    return reference.get();
  }

  /** The state of a batch without its padding, which holds noise. */
  private static float[] state(CountingEncoder encoder, Batch batch) {
    if (encoder.config().family().body() == Family.ROBERTA && encoder.config().hasDense()) {
      float[][] dense = encoder.dense(batch);
      int width = dense[0].length;
      float[] state = new float[dense.length * width];
      for (int row = 0; row < dense.length; row++) {
        System.arraycopy(dense[row], 0, state, row * width, width);
      }
      return state;
    }
    float[] padded = encoder.lastHidden(batch);
    int width = encoder.config().hiddenSize();
    int[] mask = batch.mask();
    float[] state = new float[padded.length];
    int count = 0;
    for (int token = 0; token < mask.length; token++) {
      if (mask[token] == 1) {
        System.arraycopy(padded, token * width, state, count, width);
        count += width;
      }
    }
    return Arrays.copyOf(state, count);
  }
}
