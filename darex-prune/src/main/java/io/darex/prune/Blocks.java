package io.darex.prune;

import java.util.Arrays;
import java.util.function.Supplier;

/** The blocks of several tensors as one list of independent tasks. */
public final class Blocks {
  private Blocks() {}

  /** The work on one block. */
  @FunctionalInterface
  public interface Task {
    /** Works on block {@code block} of the tensor that has number {@code tensor}. */
    void accept(int tensor, int block);
  }

  /**
   * Runs a task for every block.
   *
   * @param counts how many blocks each tensor has
   * @param worker makes one thread's task runner, with whatever scratch memory it needs
   */
  public static void forEach(int threads, int[] counts, Supplier<Task> worker) {
    long[] ends = Arrays.stream(counts).asLongStream().toArray();
    Arrays.parallelPrefix(ends, Long::sum);
    long tasks = ends.length == 0 ? 0 : ends[ends.length - 1];
    Parallel.forEach(
        threads,
        tasks,
        () -> {
          Task task = worker.get();
          return number -> {
            int tensor = Segments.holding(ends, number);
            task.accept(tensor, (int) (number - ends[tensor] + counts[tensor]));
          };
        });
  }
}
