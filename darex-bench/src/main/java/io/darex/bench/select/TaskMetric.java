package io.darex.bench.select;

import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.task.TaskTexts;
import io.darex.prune.Checkpoint;
import java.util.List;

/** The metric of a task on held-out labelled texts: the number of a text is the model's answer. */
final class TaskMetric implements Measure {
  private final TaskTexts texts;
  private final List<TaskTexts> halves;

  TaskMetric(TaskTexts texts) {
    this.texts = texts;
    halves =
        List.of(
            texts.at(Measure.places(0, texts.size())), texts.at(Measure.places(1, texts.size())));
  }

  @Override
  public String metric() {
    return texts.metric();
  }

  @Override
  public int size() {
    return texts.size();
  }

  @Override
  public boolean isProxy() {
    return false;
  }

  @Override
  public double[] numbers(LoadedEncoder encoder, Checkpoint model, int half) {
    return halves.get(half).answers(encoder, model);
  }

  @Override
  public double score(double[] numbers, int[] places) {
    return texts.score(numbers, places);
  }
}
