package io.darex.bench.glue;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Where the labels of a task stand among the classes of a checkpoint. */
public final class LabelOrder {
  private LabelOrder() {}

  /**
   * The task's label of each class. A checkpoint whose {@code id2label} has the task's own names,
   * in any order and case, rules; otherwise its classes are the labels in the task's order.
   *
   * @param classes names of the checkpoint's classes, as many as labels
   * @param labels names of the task's labels
   */
  public static int[] of(List<String> classes, List<String> labels) {
    List<String> known = labels.stream().map(LabelOrder::bare).toList();
    int[] order = classes.stream().map(LabelOrder::bare).mapToInt(known::indexOf).toArray();
    boolean named = IntStream.of(order).filter(i -> i >= 0).distinct().count() == labels.size();
    return named ? order : IntStream.range(0, labels.size()).toArray();
  }

  /** {@code Not Entailment}, {@code not-entailment} and {@code not_entailment} are one label. */
  private static String bare(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[-_ ]", "");
  }
}
