package io.darex.bench.glue;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Where the labels of a task stand among the classes of a checkpoint. */
public final class LabelOrder {
  private final int[] labels;

  private LabelOrder(int[] labels) {
    this.labels = labels;
  }

  /**
   * The order of a checkpoint's classes. One whose {@code id2label} has the task's own names, in
   * any order and case, rules; otherwise its classes are the labels in the task's order.
   *
   * @param classes names of the checkpoint's classes, as many as the task has {@link Task#outputs}
   */
  public static LabelOrder of(List<String> classes, Task task) {
    List<String> known = task.outputs().stream().map(LabelOrder::bare).toList();
    int[] order = classes.stream().map(LabelOrder::bare).mapToInt(known::indexOf).toArray();
    boolean named = IntStream.of(order).filter(i -> i >= 0).distinct().count() == known.size();
    return new LabelOrder(named ? order : IntStream.range(0, known.size()).toArray());
  }

  /** {@code Not Entailment}, {@code not-entailment} and {@code not_entailment} are one label. */
  private static String bare(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[-_ ]", "");
  }

  /**
   * The task's label of the class with the largest output; the output itself where it is the only
   * one.
   *
   * @param outputs of a model for one text, by class
   */
  public double answer(float[] outputs) {
    int best = 0;
    for (int each = 1; each < outputs.length; each++) {
      best = outputs[each] > outputs[best] ? each : best;
    }
    return outputs.length == 1 ? outputs[0] : labels[best];
  }

  /** {@link #answer} for every text. */
  public double[] answers(float[][] outputs) {
    return Arrays.stream(outputs).mapToDouble(this::answer).toArray();
  }

  /** The classes of texts with these labels. */
  public int[] classes(double[] gold) {
    return Arrays.stream(gold).mapToInt(label -> classOf((int) label)).toArray();
  }

  private int classOf(int label) {
    int found = 0;
    while (labels[found] != label) {
      found++;
    }
    return found;
  }
}
