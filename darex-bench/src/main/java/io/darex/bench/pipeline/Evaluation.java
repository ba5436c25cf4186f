package io.darex.bench.pipeline;

import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.task.LabelOrder;
import io.darex.bench.task.Part;
import io.darex.bench.task.Predictions;
import io.darex.bench.task.Task;
import io.darex.bench.task.TaskTexts;
import io.darex.bench.task.TextBatches;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.prune.Checkpoint;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;

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
   * Refuses a model that has no trained head for the task, and says where the order of its classes
   * is assumed.
   *
   * @param classes the labels of the task in the order of the model's classes, where they are given
   * @param model how messages name it
   * @param say is told what is assumed
   * @return the config, with those labels
   * @throws BadInputException saying what the model has and what the task needs
   */
  public static EncoderConfig scorable(
      EncoderConfig config,
      Checkpoint checkpoint,
      Task task,
      Optional<List<String>> classes,
      String model,
      Consumer<String> say) {
    if (config.classes() != task.outputs().size()) {
      throw new BadInputException(
          String.format(
              "%s: expected %s for task %s, got %s",
              model, head(task.outputs().size()), task.name(), head(config.classes())));
    }
    requireTrained(config, checkpoint, model);
    try {
      EncoderConfig named =
          classes.isEmpty() ? config : config.withLabels(LabelOrder.given(classes.get(), task));
      LabelOrder.of(named.labels(), task)
          .assumed()
          .ifPresent(assumed -> say.accept(model + ": " + assumed));
      return named;
    } catch (BadInputException e) {
      throw new BadInputException(model + ": " + e.getMessage(), e);
    }
  }

  /**
   * Refuses a model that lacks layers, which only training draws: what it gives without them means
   * nothing.
   *
   * @throws BadInputException naming the layers
   */
  public static void requireTrained(EncoderConfig config, Checkpoint checkpoint, String model) {
    List<String> drawn = config.drawnLayers(checkpoint);
    if (!drawn.isEmpty()) {
      throw new BadInputException(
          model
              + ": expected the tensors of a head, "
              + String.join(" and ", drawn)
              + ", got none of the size that config.json states; only fine-tuning draws them");
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
   * @throws BadInputException if an output is NaN or infinite
   */
  public static Evaluation of(
      Encoder encoder, Tokenizer tokenizer, Task task, Part part, int batchTokens) {
    long start = System.nanoTime();
    long cutBefore = tokenizer.cut();
    TaskTexts texts = new TaskTexts(tokenizer, part.examples(), task, batchTokens);
    double[] answers = texts.requireAnswers(texts.answers(encoder));
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
