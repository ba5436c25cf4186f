package io.darex.prune;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Runs independent numbered tasks on several threads. Tasks are handed out in order and a failure
 * stops only what comes after it, so the failure reported is the one a single thread would meet.
 */
public final class Parallel {
  private Parallel() {}

  /**
   * Runs tasks {@code 0 … tasks−1}.
   *
   * @param worker makes one thread's task runner, with whatever scratch memory it needs
   */
  public static void forEach(int threads, long tasks, Supplier<LongConsumer> worker) {
    AtomicLong next = new AtomicLong();
    Failure failure = new Failure();
    Runnable loop =
        () -> {
          LongConsumer run;
          try {
            run = worker.get();
          } catch (RuntimeException | Error thrown) {
            failure.report(-1, thrown);
            return;
          }
          for (long task = next.getAndIncrement();
              task < tasks && !failure.isBefore(task);
              task = next.getAndIncrement()) {
            try {
              run.accept(task);
            } catch (RuntimeException | Error thrown) {
              failure.report(task, thrown);
            }
          }
        };
    List<Thread> helpers = new ArrayList<>();
    for (long i = 1; i < Math.min(threads, tasks); i++) {
      Thread helper = new Thread(loop, "darex-prune-" + i);
      helper.setDaemon(true);
      try {
        helper.start();
      } catch (OutOfMemoryError e) { // which is also said of threads
        failure.report(-1, e);
        break;
      }
      helpers.add(helper);
    }
    loop.run();
    helpers.forEach(Parallel::join);
    failure.rethrow();
  }

  /**
   * Waits to the end even if interrupted: the helpers write into arrays the caller goes on to use.
   */
  private static void join(Thread helper) {
    boolean interrupted = false;
    while (helper.isAlive()) {
      try {
        helper.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Failure {
    private long task = Long.MAX_VALUE;
    private Throwable thrown;

    synchronized boolean isBefore(long other) {
      return task < other;
    }

    synchronized void report(long failed, Throwable cause) {
      if (failed < task) {
        task = failed;
        thrown = cause;
      }
    }

    synchronized void rethrow() {
      if (thrown instanceof Error error) {
        throw error;
      }
      if (thrown instanceof RuntimeException exception) {
        throw exception;
      }
    }
  }
}
