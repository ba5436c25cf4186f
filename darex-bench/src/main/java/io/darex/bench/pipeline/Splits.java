package io.darex.bench.pipeline;

import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.Tokenizer;
import io.darex.bench.glue.Scoring;
import io.darex.bench.glue.TaskData;
import io.darex.bench.report.Results.Score;
import java.util.function.Function;

/**
 * A task, tokenised.
 *
 * @param train what is learned from
 * @param validation the only texts that are tuned or searched on
 * @param dev the texts of the reported result
 */
record Splits(Split train, Split validation, Split dev) {
  static Splits of(Tokenizer tokenizer, TaskData data, Scoring scoring) {
    return new Splits(
        new Split(Texts.of(tokenizer, data.train()), scoring),
        new Split(Texts.of(tokenizer, data.validation()), scoring),
        new Split(Texts.of(tokenizer, data.dev()), scoring));
  }

  /** The score of the weights and the head that {@code encoder} holds. */
  Score score(Encoder encoder) {
    return score(split -> split.perText(encoder::logits));
  }

  /** The score of a prediction, [text][label] for the texts of a split. */
  Score score(Function<Split, float[][]> predict) {
    return new Score(
        dev.scoring().primary(),
        dev.score(predict.apply(dev)),
        validation.score(predict.apply(validation)));
  }
}
