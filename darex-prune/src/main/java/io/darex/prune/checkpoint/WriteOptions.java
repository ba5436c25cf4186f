package io.darex.prune.checkpoint;

import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * How an output is written; none of it changes a byte of what is written.
 *
 * @param force whether an existing output may be replaced
 * @param threads at least 1
 * @param bytesDone told, from any of the threads, how many data bytes have just been finished; all
 *     calls together give the data bytes of the output, those taken over from an earlier run
 *     included
 * @param identity what the values are made from, such as the inputs with their sizes and times of
 *     change and the method. Where it is given, work that was cut short is continued when the same
 *     identity is written to the same place again; where it is not, every run begins anew.
 */
public record WriteOptions(
    boolean force, int threads, LongConsumer bytesDone, Optional<String> identity) {

  /**
   * Checks the number of threads.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public WriteOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: expected at least 1, got " + threads);
    }
  }

  /** Replaces nothing, uses all processors, tells nobody, always begins anew. */
  public static WriteOptions defaults() {
    return new WriteOptions(
        false, Runtime.getRuntime().availableProcessors(), bytes -> {}, Optional.empty());
  }

  /** These options with another {@link #force()}. */
  public WriteOptions withForce(boolean other) {
    return new WriteOptions(other, threads, bytesDone, identity);
  }

  /** These options with another {@link #threads()}. */
  public WriteOptions withThreads(int other) {
    return new WriteOptions(force, other, bytesDone, identity);
  }

  /** These options with another {@link #bytesDone()}. */
  public WriteOptions withBytesDone(LongConsumer other) {
    return new WriteOptions(force, threads, other, identity);
  }

  /** These options with an {@link #identity()}. */
  public WriteOptions withIdentity(String other) {
    return new WriteOptions(force, threads, bytesDone, Optional.of(other));
  }
}
