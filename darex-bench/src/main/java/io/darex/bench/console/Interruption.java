package io.darex.bench.console;

import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** What is said to one who interrupts work: the last line of the process. */
public final class Interruption {
  private Interruption() {}

  /**
   * Does work that can be gone on with when it is interrupted.
   *
   * @param standing where it stands, and how to go on
   * @return what the work gives
   */
  public static <T> T during(Console console, Supplier<String> standing, Callable<T> work)
      throws Exception {
    Thread hook =
        new Thread(
            () -> {
              console.say(""); // ends the line of a progress bar
              console.say("darex: interrupted; " + standing.get());
            });
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return work.call();
    } finally {
      remove(hook);
    }
  }

  /** What fails while the process is ending does so because of that: nothing more is to be said. */
  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      while (true) {
        LockSupport.park(); // which keeps no process from its end
      }
    }
  }
}
