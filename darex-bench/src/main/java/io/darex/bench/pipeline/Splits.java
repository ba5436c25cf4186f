package io.darex.bench.pipeline;

import io.darex.bench.report.Results.Score;
import io.darex.bench.task.Task;
import io.darex.bench.task.TaskData;
import io.darex.bench.task.TaskTexts;
import io.darex.bench.tokenizer.Tokenizer;
import java.util.function.Function;

/**
 * A task, tokenised.
 *
 * @param train what is learned from
 * @param validation the only texts that are tuned or searched on
 * @param dev the texts of the reported result
 */
record Splits(TaskTexts train, TaskTexts validation, TaskTexts dev) {
  static Splits of(Tokenizer tokenizer, TaskData data, Task task) {
    return new Splits(
        new TaskTexts(tokenizer, data.train(), task),
        new TaskTexts(tokenizer, data.validation(), task),
        new TaskTexts(tokenizer, data.dev(), task));
  }

  /** The score of the answers to the texts of a split; NaN where one is missing. */
  Score score(Function<TaskTexts, double[]> answers) {
    return new Score(
        dev.metric(), dev.score(answers.apply(dev)), validation.score(answers.apply(validation)));
  }

  /**
   * As {@link #score}, of what is to have one.
   *
   * @throws io.darex.bench.console.BadInputException if an answer is missing
   */
  Score requireScore(Function<TaskTexts, double[]> answers) {
    return score(texts -> texts.requireAnswers(answers.apply(texts)));
  }
}
