package io.darex.bench.task;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Groups examples of like length, so that little of a batch is padding. Works from the token counts
 * alone; every index stands in exactly one batch.
 */
public final class Batches {
  /** Batches sorted together: enough that lengths match, few enough that the order stays random. */
  private static final int WINDOW = 32;

  private Batches() {}

  /**
   * Batches for evaluation: longest first, so that memory runs out at once if it does, and cut
   * where one row more would exceed the budget. A text longer than the budget stands alone.
   *
   * @param lengths tokens of every example
   * @param tokenBudget largest rows × longest row of a batch
   * @param maxRows largest number of rows of a batch
   * @throws IllegalArgumentException if the budget or the rows are not positive
   */
  public static List<int[]> evaluation(int[] lengths, int tokenBudget, int maxRows) {
    requirePositive(tokenBudget, "token budget");
    requirePositive(maxRows, "maximum of rows");
    Integer[] order = byLength(identity(lengths.length), lengths);
    List<int[]> batches = new ArrayList<>();
    for (int start = 0; start < order.length; ) {
      int longest = Math.max(1, lengths[order[start]]);
      int rows = Math.min(maxRows, Math.max(1, tokenBudget / longest));
      int end = Math.min(order.length, start + rows);
      batches.add(slice(order, start, end));
      start = end;
    }
    return batches;
  }

  /**
   * Batches for one epoch of training: the examples are shuffled, sorted by length within windows
   * of some batches, cut, and the batches shuffled. All have the same size, but for one that takes
   * what is left over.
   *
   * @param lengths tokens of every example
   * @param batchSize rows of a batch
   * @param seed of the run
   * @param epoch every epoch has an order of its own
   * @throws IllegalArgumentException if the batch size is not positive
   */
  public static List<int[]> training(int[] lengths, int batchSize, long seed, int epoch) {
    requirePositive(batchSize, "batch size");
    RandomChoice dice = new RandomChoice(seed, epoch + 1L);
    int[] shuffled = dice.permutation(lengths.length);
    List<int[]> batches = new ArrayList<>();
    for (long from = 0; from < shuffled.length; from += (long) WINDOW * batchSize) {
      int until = (int) Math.min(shuffled.length, from + (long) WINDOW * batchSize);
      Integer[] window = byLength(Arrays.copyOfRange(shuffled, (int) from, until), lengths);
      for (int start = 0; start < window.length; start += batchSize) {
        batches.add(slice(window, start, (int) Math.min(window.length, (long) start + batchSize)));
      }
    }
    List<int[]> mixed = new ArrayList<>(batches.size());
    for (int index : dice.permutation(batches.size())) {
      mixed.add(batches.get(index));
    }
    return mixed;
  }

  private static int[] identity(int count) {
    int[] indices = new int[count];
    Arrays.setAll(indices, i -> i);
    return indices;
  }

  /** Longest first; among equals the order given stays, in training a random one. */
  private static Integer[] byLength(int[] indices, int[] lengths) {
    Integer[] order = Arrays.stream(indices).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparing((Integer i) -> -lengths[i]));
    return order;
  }

  private static int[] slice(Integer[] order, int start, int end) {
    return Arrays.stream(order, start, end).mapToInt(Integer::intValue).toArray();
  }

  private static void requirePositive(int value, String what) {
    if (value < 1) {
      throw new IllegalArgumentException("the " + what + " must be positive, got " + value);
    }
  }
}
