package io.darex.bench.pipeline;

import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.Tokenizer;
import io.darex.bench.glue.Task;
import io.darex.bench.glue.TaskData;
import io.darex.bench.report.Results.Score;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * A task, tokenised.
 *
 * @param train what is learned from
 * @param validation the only texts that are tuned or searched on
 * @param dev the texts of the reported result
 */
record Splits(Split train, Split validation, Split dev) {
  static Splits of(Tokenizer tokenizer, TaskData data, Task task) {
    return new Splits(
        new Split(Texts.of(tokenizer, data.train()), task),
        new Split(Texts.of(tokenizer, data.validation()), task),
        new Split(Texts.of(tokenizer, data.dev()), task));
  }

  /** The score of the weights and the head that {@code encoder} holds. */
  Score score(Encoder encoder) {
    return scores(split -> split.score(encoder));
  }

  /** The score of a prediction, [text][label in the task's order] for the texts of a split. */
  Score score(Function<Split, float[][]> predict) {
    return scores(split -> split.score(predict.apply(split)));
  }

  private Score scores(ToDoubleFunction<Split> score) {
    return new Score(
        dev.scoring().primary(), score.applyAsDouble(dev), score.applyAsDouble(validation));
  }
}
