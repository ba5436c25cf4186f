package io.darex.bench.encoder;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * A fixed pool that works through numbered tasks.
 *
 * <p>Who takes which task is left to chance, so a task must depend on its number alone: then the
 * results are the same bytes on any number of threads. While tasks run, OpenBLAS keeps to the
 * thread that calls it; how it would split a product depends on its threads, and a split of whole
 * tasks needs no barrier after every product.
 */
final class Workers implements AutoCloseable {
  /**
   * Every processor, or what {@code OMP_NUM_THREADS} allows. OpenBLAS is not asked: until its first
   * product it answers 1.
   */
  static final int THREADS = threads(System.getenv("OMP_NUM_THREADS"));

  private static int threads(String allowed) {
    return allowed != null && allowed.matches("[1-9][0-9]{0,3}")
        ? Integer.parseInt(allowed)
        : Runtime.getRuntime().availableProcessors();
  }

  private static int running;

  /** One numbered task. */
  interface Task {
    void run(int number, Scratch scratch);
  }

  private final List<Scratch> scratches = new ArrayList<>();
  private final ExecutorService pool;

  Workers(int threads) {
    for (int i = 0; i < threads; i++) {
      scratches.add(new Scratch());
    }
    // The caller is one of the threads.
    pool =
        Executors.newFixedThreadPool(
            Math.max(1, threads - 1),
            task -> {
              Thread thread = new Thread(task, "encoder");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Runs tasks 0 to {@code count − 1} and waits for all of them. */
  void run(int count, Task task) {
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> others = new ArrayList<>();
    enter();
    try {
      for (int i = 1; i < Math.min(scratches.size(), count); i++) {
        Scratch scratch = scratches.get(i);
        others.add(pool.submit(() -> work(next, count, task, scratch)));
      }
      try {
        work(next, count, task, scratches.get(0));
      } finally {
        others.forEach(Workers::await);
      }
    } finally {
      leave();
    }
  }

  private static void work(AtomicInteger next, int count, Task task, Scratch scratch) {
    for (int number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
      task.run(number, scratch);
    }
  }

  private static void await(Future<?> future) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          future.get();
          return;
        } catch (InterruptedException e) {
          interrupted = true; // the task still writes to our buffers: wait for it
        } catch (ExecutionException e) {
          throw new IllegalStateException("a task of the encoder failed", e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static synchronized void enter() {
    if (running++ == 0) {
      openblas_nolapack.blas_set_num_threads(1);
    }
  }

  private static synchronized void leave() {
    if (--running == 0) {
      openblas_nolapack.blas_set_num_threads(THREADS);
    }
  }

  @Override
  public void close() {
    pool.shutdown();
    scratches.forEach(Scratch::close);
  }
}
