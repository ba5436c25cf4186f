package io.darex.bench.pipeline;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.glue.Scoring;
import io.darex.bench.glue.TextBatches;
import java.util.function.Function;

/** A split that models are scored on: batched once, used many times. */
final class Split {
  private final Texts texts;
  private final Scoring scoring;
  private final TextBatches batches;

  Split(Texts texts, Scoring scoring) {
    this(texts, scoring, TextBatches.TOKENS);
  }

  /**
   * @param tokenBudget largest rows × longest row of a batch
   */
  Split(Texts texts, Scoring scoring, int tokenBudget) {
    this.texts = texts;
    this.scoring = scoring;
    batches = new TextBatches(texts.encoded(), tokenBudget);
  }

  Texts texts() {
    return texts;
  }

  Scoring scoring() {
    return scoring;
  }

  /** The score of the weights and the head that {@code encoder} holds. */
  double score(Encoder encoder) {
    return score(perText(encoder::logits));
  }

  /** The score of the answers in {@code outputs}, [text][label]. */
  double score(float[][] outputs) {
    return scoring.score(texts.labels(), answers(outputs));
  }

  /**
   * For each text the label with the largest output; the output itself where it is the only one.
   */
  static double[] answers(float[][] outputs) {
    double[] answers = new double[outputs.length];
    for (int i = 0; i < outputs.length; i++) {
      int best = 0;
      for (int label = 1; label < outputs[i].length; label++) {
        best = outputs[i][label] > outputs[i][best] ? label : best;
      }
      answers[i] = outputs[i].length == 1 ? outputs[i][0] : best;
    }
    return answers;
  }

  /** What {@code compute} makes of every text, in the order of the texts. */
  float[][] perText(Function<Batch, float[][]> compute) {
    return batches.perText(compute);
  }
}
