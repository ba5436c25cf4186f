package io.darex.bench.task;

import io.darex.bench.console.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Where the labels of a task stand among the classes of a checkpoint. */
public final class LabelOrder {
  private static final int NONE = -1;

  /** Runs and sweeps take no options for a model. */
  private static final String GIVE =
      "name them in its config.json (id2label), or with --classes A,B of evaluate, prune and"
          + " select";

  /** By class, the label. */
  private final int[] labels;

  private final Optional<String> assumed;

  private LabelOrder(int[] labels, Optional<String> assumed) {
    this.labels = labels;
    this.assumed = assumed;
  }

  /**
   * The order of a checkpoint's classes, by their names: the task's own, those that its files
   * write, or usual words for them ({@link LabelWords}), in any case. Where names do not tell,
   * numbers do, then truth where the files write 0 and 1, then what is left over, then the task's
   * order; {@link #assumed} says so.
   *
   * @param classes names of the checkpoint's classes, as many as the task has {@link Task#outputs}
   * @throws BadInputException if some names are labels of the task and the rest cannot be told
   */
  public static LabelOrder of(List<String> classes, Task task) {
    int[] order = named(classes, task);
    int unknown = count(order, NONE);
    int outputs = task.outputs().size();
    if (outputs == 1 || (unknown == 0 && isPermutation(order))) {
      return new LabelOrder(outputs == 1 ? new int[1] : order, Optional.empty());
    }
    Optional<int[]> guess =
        LabelWords.numbers(classes, task.written().words()).filter(LabelOrder::isPermutation);
    if (guess.isEmpty()) {
      guess = LabelWords.truths(classes, task.written().words()).filter(LabelOrder::isPermutation);
    }
    if (guess.isEmpty() && unknown == 1) {
      guess = Optional.of(completed(order));
    }
    if (guess.isEmpty() && agreesWithPlaces(order)) {
      guess = Optional.of(IntStream.range(0, outputs).toArray());
    }
    if (guess.isEmpty() || !isPermutation(guess.get())) {
      throw new BadInputException(
          "expected classes that name the labels "
              + String.join(", ", task.labels())
              + " of task "
              + task.name()
              + ", got "
              + String.join(", ", classes)
              + ": "
              + GIVE);
    }
    return new LabelOrder(guess.get(), Optional.of(words(classes, guess.get(), task)));
  }

  /**
   * The names of a checkpoint's classes that are given in place of its own.
   *
   * @param given labels of the task in the order of the classes, each once
   * @throws BadInputException if they are anything else
   */
  public static List<String> given(List<String> given, Task task) {
    int[] order = named(given, task);
    if (task.regression() || order.length != task.labels().size() || !isPermutation(order)) {
      throw new BadInputException(
          "classes: expected the labels of task "
              + task.name()
              + (task.regression() ? ", which has none" : ", " + String.join(", ", task.labels()))
              + (task.regression() ? "" : ", each once, in the order of the model's classes")
              + ", got "
              + String.join(", ", given));
    }
    return given;
  }

  private static int[] named(List<String> classes, Task task) {
    LabelWords words = new LabelWords(task.outputs(), task.written().words());
    return classes.stream().mapToInt(name -> words.label(name).orElse(NONE)).toArray();
  }

  private static int count(int[] order, int label) {
    return (int) Arrays.stream(order).filter(each -> each == label).count();
  }

  private static boolean isPermutation(int[] order) {
    return IntStream.range(0, order.length).allMatch(label -> count(order, label) == 1);
  }

  /** The one label that no class has goes to the one class without. */
  private static int[] completed(int[] order) {
    int missing =
        IntStream.range(0, order.length).filter(i -> count(order, i) == 0).findFirst().orElse(NONE);
    return Arrays.stream(order).map(label -> label == NONE ? missing : label).toArray();
  }

  private static boolean agreesWithPlaces(int[] order) {
    return IntStream.range(0, order.length).allMatch(i -> order[i] == NONE || order[i] == i);
  }

  private static String words(List<String> classes, int[] order, Task task) {
    List<String> pairs = new ArrayList<>();
    for (int i = 0; i < order.length; i++) {
      pairs.add(classes.get(i) + " = " + task.labels().get(order[i]));
    }
    return "the model's classes do not name the labels of task "
        + task.name()
        + ", assuming "
        + String.join(", ", pairs)
        + "; if not so, "
        + GIVE;
  }

  /** A sentence where the names of the classes do not tell their order; empty where they do. */
  public Optional<String> assumed() {
    return assumed;
  }

  /**
   * The task's label of the class with the largest output; the output itself where it is the only
   * one; NaN where one is NaN or infinite.
   *
   * @param outputs of a model for one text, by class
   */
  public double answer(float[] outputs) {
    int best = 0;
    for (int each = 0; each < outputs.length; each++) {
      if (!Float.isFinite(outputs[each])) {
        return Double.NaN;
      }
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
