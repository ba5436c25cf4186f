package io.darex.bench.task;

import java.util.ArrayList;
import java.util.List;

/**
 * The examples of a task. GLUE keeps the labels of its test files to itself, so dev serves as test,
 * and what is tuned or searched is so on validation, a held-out tenth of train.
 *
 * @param train what is learned from, in the order of a seeded permutation
 * @param validation the only examples that are ever tuned or searched on
 * @param dev the examples of the reported result, in their official order
 */
public record TaskData(List<Example> train, List<Example> validation, List<Example> dev) {
  /** Copies the lists. */
  public TaskData {
    train = List.copyOf(train);
    validation = List.copyOf(validation);
    dev = List.copyOf(dev);
  }

  /**
   * Splits the official train set by a permutation that depends on the seed and the count alone:
   * its first tenth, rounded down but at least one, is validation, the rest train.
   *
   * @throws IllegalArgumentException if there are fewer than two examples to split
   */
  public static TaskData split(List<Example> officialTrain, List<Example> dev, long seed) {
    int count = officialTrain.size();
    if (count < 2) {
      throw new IllegalArgumentException("a split needs at least 2 examples, got " + count);
    }
    List<Example> shuffled = new ArrayList<>(count);
    for (int index : new RandomChoice(seed, 0).permutation(count)) {
      shuffled.add(officialTrain.get(index));
    }
    int held = Math.max(1, count / 10);
    return new TaskData(shuffled.subList(held, count), shuffled.subList(0, held), dev);
  }

  /**
   * The same with the first {@code limit} examples of train and a quarter as many of validation, or
   * all if there are no more: of a large task a small part is to be tried on a small part. Since
   * both are permuted they are random samples, and a smaller one is part of a larger one.
   *
   * @throws IllegalArgumentException if the limit is not positive
   */
  public TaskData limit(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("the train limit must be positive, got " + limit);
    }
    int held = Math.max(1, limit / 4);
    return new TaskData(
        train.subList(0, Math.min(limit, train.size())),
        validation.subList(0, Math.min(held, validation.size())),
        dev);
  }
}
