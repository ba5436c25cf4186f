package io.darex.bench.pipeline;

import io.darex.bench.BadInputException;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Tokenizer;
import io.darex.bench.glue.Part;
import io.darex.bench.glue.Predictions;
import io.darex.bench.glue.Task;
import io.darex.bench.glue.TextBatches;
import io.darex.prune.NonFiniteException;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What an encoder made of the examples of a part.
 *
 * @param predictions its answers
 * @param metrics by name; none where the labels are not known, empty where undefined
 * @param tokens how many tokens it read, padding not counted
 * @param cut how many texts were too long and were cut
 * @param seconds for tokenising and computing
 */
public record Evaluation(
    Predictions predictions,
    Map<String, OptionalDouble> metrics,
    long tokens,
    long cut,
    double seconds) {
  /** The token budget of a batch where nothing else is asked for. */
  public static final int BATCH_TOKENS = TextBatches.TOKENS;

  /**
   * Refuses a model that has no head for the task.
   *
   * @throws BadInputException saying what the model has and what the task needs
   */
  public static void requireHead(EncoderConfig config, Task task, String model) {
    if (config.classes() != task.outputs().size()) {
      throw new BadInputException(
          String.format(
              "%s: expected %s for task %s, came %s",
              model, head(task.outputs().size()), task.name(), head(config.classes())));
    }
  }

  private static String head(int outputs) {
    return switch (outputs) {
      case 0 -> "no head";
      case 1 -> "a regression head";
      default -> "a head of " + outputs + " labels";
    };
  }

  /**
   * Evaluates the weights that {@code encoder} holds.
   *
   * @param encoder with a head for the task
   * @param batchTokens largest rows × longest row of a batch
   * @throws NonFiniteException if an output is NaN or infinite
   */
  public static Evaluation of(
      Encoder encoder, Tokenizer tokenizer, Task task, Part part, int batchTokens) {
    long start = System.nanoTime();
    long cutBefore = tokenizer.cut();
    Texts texts = Texts.of(tokenizer, part.examples());
    Split split = new Split(texts, task, batchTokens);
    float[][] outputs = split.perText(encoder::logits);
    for (int i = 0; i < outputs.length; i++) {
      for (float output : outputs[i]) {
        if (!Float.isFinite(output)) {
          throw new NonFiniteException("logits", i, output);
        }
      }
    }
    double[] answers = split.order(encoder).answers(outputs);
    double seconds = (System.nanoTime() - start) * 1e-9;
    Predictions predictions = new Predictions(task, part, answers);
    return new Evaluation(
        predictions,
        part.labelled() ? task.scoring().values(predictions.gold(), answers) : Map.of(),
        texts.tokens(),
        tokenizer.cut() - cutBefore,
        seconds);
  }
}
