package io.darex.bench.calibration;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.encoder.Softmax;
import io.darex.bench.task.TextBatches;
import io.darex.prune.Checkpoint;
import io.darex.prune.NonFiniteException;
import java.util.Arrays;

/**
 * How much the answers of other models to unlabelled texts differ from the tuned model's: the mean
 * squared change of the classes' probabilities, of a regression's score, or, where there is no
 * head, of the last hidden state (docs/METHOD.md §3.1).
 *
 * <p>The tuned model's answers are computed once, and a model costs a forward pass.
 */
public final class OutputChange {
  private final TextBatches texts;
  private final float[][] wanted;

  /**
   * @param encoder any of the tuned model's architecture
   * @throws NonFiniteException if an answer of the tuned model is NaN or infinite
   */
  public OutputChange(LoadedEncoder encoder, Checkpoint tuned, TextBatches texts) {
    this.texts = texts;
    wanted = answers(encoder.with(tuned));
    String what = words(encoder.config()) + " of the tuned model";
    for (float[] answer : wanted) {
      for (int i = 0; i < answer.length; i++) {
        NonFiniteException.check(what, i, answer[i]);
      }
    }
  }

  /** What is looked at, in words. */
  public static String words(EncoderConfig config) {
    if (config.classes() == 0) {
      return "last hidden state";
    }
    return config.isRegression() ? "score" : "class probabilities";
  }

  /** The change of each text by a model; NaN where it computes NaN or infinity. */
  public double[] of(LoadedEncoder encoder, Checkpoint model) {
    double[] changes = new double[wanted.length];
    float[][] answers;
    try {
      answers = answers(encoder.with(model));
    } catch (NonFiniteException e) {
      Arrays.fill(changes, Double.NaN); // a weight overflows
      return changes;
    }
    for (int text = 0; text < changes.length; text++) {
      double sum = 0;
      for (int i = 0; i < answers[text].length; i++) {
        double change = (double) answers[text][i] - wanted[text][i];
        sum += change * change;
      }
      changes[text] = Double.isFinite(sum) ? sum / answers[text].length : Double.NaN;
    }
    return changes;
  }

  private float[][] answers(Encoder loaded) {
    if (loaded.config().classes() == 0) {
      return texts.perText(batch -> states(loaded, batch));
    }
    float[][] scores = texts.perText(loaded::logits);
    if (!loaded.config().isRegression()) {
      for (float[] score : scores) {
        double[] probabilities = Softmax.of(score);
        for (int k = 0; k < score.length; k++) {
          score[k] = (float) probabilities[k];
        }
      }
    }
    return scores;
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
}
