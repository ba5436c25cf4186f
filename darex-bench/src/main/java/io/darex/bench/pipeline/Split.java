package io.darex.bench.pipeline;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.glue.LabelOrder;
import io.darex.bench.glue.Scoring;
import io.darex.bench.glue.Task;
import io.darex.bench.glue.TextBatches;
import java.util.function.Function;

/** A split that models are scored on: batched once, used many times. */
final class Split {
  private final Texts texts;
  private final Task task;
  private final TextBatches batches;

  Split(Texts texts, Task task) {
    this(texts, task, TextBatches.TOKENS);
  }

  /**
   * @param tokenBudget largest rows × longest row of a batch
   */
  Split(Texts texts, Task task, int tokenBudget) {
    this.texts = texts;
    this.task = task;
    batches = new TextBatches(texts.encoded(), tokenBudget);
  }

  Texts texts() {
    return texts;
  }

  Scoring scoring() {
    return task.scoring();
  }

  /** The score of the weights and the head that {@code encoder} holds. */
  double score(Encoder encoder) {
    return scoring().score(texts.labels(), order(encoder).answers(perText(encoder::logits)));
  }

  /** The score of the answers in {@code outputs}, [text][label in the task's order]. */
  double score(float[][] outputs) {
    return scoring().score(texts.labels(), LabelOrder.of(task.outputs(), task).answers(outputs));
  }

  /** Where the task's labels stand among the classes of {@code encoder}. */
  LabelOrder order(Encoder encoder) {
    return LabelOrder.of(encoder.config().labels(), task);
  }

  /** What {@code compute} makes of every text, in the order of the texts. */
  float[][] perText(Function<Batch, float[][]> compute) {
    return batches.perText(compute);
  }
}
