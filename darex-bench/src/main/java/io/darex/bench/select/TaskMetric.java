package io.darex.bench.select;

import io.darex.bench.encoder.EncodedText;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.glue.LabelOrder;
import io.darex.bench.glue.Task;
import java.util.Arrays;
import java.util.List;

/** The metric of a task on held-out labelled texts: the number of a text is the model's answer. */
final class TaskMetric extends Yardstick {
  private final Task task;
  private final double[] gold;

  TaskMetric(Task task, List<EncodedText> texts, double[] gold) {
    super(task.scoring().primary(), texts);
    this.task = task;
    this.gold = gold;
  }

  @Override
  double[] numbers(Encoder encoder, int half) {
    float[][] logits = half(half).perText(encoder::logits);
    LabelOrder order = LabelOrder.of(encoder.config().labels(), task);
    return Arrays.stream(logits).mapToDouble(each -> answer(each, order)).toArray();
  }

  private static double answer(float[] outputs, LabelOrder order) {
    for (float output : outputs) {
      if (!Float.isFinite(output)) {
        return Double.NaN;
      }
    }
    return order.answer(outputs);
  }

  @Override
  double score(double[] numbers, int[] places) {
    double[] right = new double[places.length];
    double[] answers = new double[places.length];
    for (int i = 0; i < places.length; i++) {
      right[i] = gold[places[i]];
      answers[i] = numbers[places[i]];
      if (Double.isNaN(answers[i])) {
        return Double.NaN;
      }
    }
    return task.scoring().score(right, answers);
  }

  @Override
  boolean isProxy() {
    return false;
  }
}
