package io.darex.bench.task;

import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.tokenizer.EncodedText;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.prune.Checkpoint;
import io.darex.prune.NonFiniteException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Texts of a task with their labels, tokenised and batched once, and what models score on them.
 *
 * <p>A model whose outputs for a text are NaN or infinite has no answer to it, and no score on
 * texts with such a one; both are NaN then. A search skips what has no score; where one is needed,
 * {@link #requireAnswers} says what is wrong.
 */
public final class TaskTexts {
  private final Task task;
  private final List<EncodedText> encoded;
  private final double[] labels;
  private final int tokenBudget;
  private final TextBatches batches;

  /** Batched as suits the processor. */
  public TaskTexts(Tokenizer tokenizer, List<Example> examples, Task task) {
    this(tokenizer, examples, task, TextBatches.TOKENS);
  }

  /**
   * @param tokenBudget largest rows × longest row of a batch
   */
  public TaskTexts(Tokenizer tokenizer, List<Example> examples, Task task, int tokenBudget) {
    this(
        task,
        examples.stream().map(each -> tokenizer.encode(each.text(), each.second())).toList(),
        examples.stream().mapToDouble(Example::label).toArray(),
        tokenBudget);
  }

  private TaskTexts(Task task, List<EncodedText> encoded, double[] labels, int tokenBudget) {
    this.task = task;
    this.encoded = encoded;
    this.labels = labels;
    this.tokenBudget = tokenBudget;
    batches = new TextBatches(encoded, tokenBudget);
  }

  /** Those at {@code indices} as a task's texts of their own. */
  public TaskTexts at(int[] indices) {
    return new TaskTexts(task, encoded(indices), labels(indices), tokenBudget);
  }

  /** How many texts there are. */
  public int size() {
    return labels.length;
  }

  /** Tokens of every text. */
  public int[] lengths() {
    return encoded.stream().mapToInt(EncodedText::length).toArray();
  }

  /** How many tokens the texts have together. */
  public long tokens() {
    return Arrays.stream(lengths()).asLongStream().sum();
  }

  /** The label or the score of every text; not to be changed. */
  public double[] labels() {
    return labels;
  }

  /** The labels or the scores at {@code indices}. */
  public double[] labels(int[] indices) {
    return Arrays.stream(indices).mapToDouble(i -> labels[i]).toArray();
  }

  /** The texts at {@code indices}, padded to the longest of them. */
  public Batch batch(int[] indices) {
    return Batch.of(encoded(indices));
  }

  private List<EncodedText> encoded(int[] indices) {
    return Arrays.stream(indices).mapToObj(encoded::get).toList();
  }

  /** The name of the number that models are compared by. */
  public String metric() {
    return task.scoring().primary();
  }

  /** Where the task's labels stand among the classes of {@code encoder}. */
  public LabelOrder order(Encoder encoder) {
    return LabelOrder.of(encoder.config().labels(), task);
  }

  /** What {@code compute} makes of every text, in the order of the texts. */
  public float[][] perText(Function<Batch, float[][]> compute) {
    return batches.perText(compute);
  }

  /** The answers of the weights and the head that {@code encoder} holds. */
  public double[] answers(Encoder encoder) {
    return order(encoder).answers(perText(encoder::logits));
  }

  /** The answers of a pruned model; none where one of its weights overflows. */
  public double[] answers(LoadedEncoder encoder, Checkpoint pruned) {
    try {
      return answers(encoder.with(pruned));
    } catch (NonFiniteException e) {
      double[] none = new double[size()];
      Arrays.fill(none, Double.NaN);
      return none;
    }
  }

  /** The answers in {@code outputs}, [text][label in the task's order]. */
  public double[] answers(float[][] outputs) {
    return LabelOrder.of(task.outputs(), task).answers(outputs);
  }

  /**
   * Returns {@code answers}.
   *
   * @throws BadInputException if one of them is missing
   */
  public double[] requireAnswers(double[] answers) {
    for (int i = 0; i < answers.length; i++) {
      if (Double.isNaN(answers[i])) {
        throw new BadInputException(
            "task "
                + task.name()
                + ": expected finite outputs of the model, got NaN or infinity for text "
                + (i + 1)
                + " of "
                + answers.length);
      }
    }
    return answers;
  }

  /** The score of an answer to each text; NaN where one is missing. */
  public double score(double[] answers) {
    return score(answers, IntStream.range(0, answers.length).toArray());
  }

  /** The score of the answers at these places, which may repeat; NaN where one is missing. */
  public double score(double[] answers, int[] places) {
    double[] drawn = Arrays.stream(places).mapToDouble(place -> answers[place]).toArray();
    return Arrays.stream(drawn).anyMatch(Double::isNaN)
        ? Double.NaN
        : task.scoring().score(labels(places), drawn);
  }
}
