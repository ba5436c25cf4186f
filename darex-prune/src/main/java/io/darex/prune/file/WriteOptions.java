package io.darex.prune.file;

import java.io.IOException;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * How an output is written; none of it changes a byte of what is written.
 *
 * @param force whether an existing output may be replaced
 * @param threads at least 1
 * @param bytesDone told, from any of the threads, how many data bytes have just been finished; all
 *     calls together, with those of {@code bytesFound}, give the data bytes of the output
 * @param bytesFound told likewise of those taken over from an earlier run, which cost no work
 * @param identity what the values are made from, such as the inputs with their sizes and times of
 *     change and the method. Where it is given, work that was cut short is continued when the same
 *     identity is written to the same place again; where it is not, every run begins anew.
 * @param inputs what the values are made from, where that may change under our hands
 */
public record WriteOptions(
    boolean force,
    int threads,
    LongConsumer bytesDone,
    LongConsumer bytesFound,
    Optional<String> identity,
    Inputs inputs) {
  /** What an output is made from. */
  @FunctionalInterface
  public interface Inputs {
    /**
     * Asked when the values are written and before the output has its name.
     *
     * @throws MalformedFileException naming the file that is no longer what it was
     */
    void requireUnchanged() throws IOException;
  }

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
        false,
        Runtime.getRuntime().availableProcessors(),
        bytes -> {},
        bytes -> {},
        Optional.empty(),
        () -> {});
  }

  /** These options with another {@link #force()}. */
  public WriteOptions withForce(boolean other) {
    return new WriteOptions(other, threads, bytesDone, bytesFound, identity, inputs);
  }

  /** These options with another {@link #threads()}. */
  public WriteOptions withThreads(int other) {
    return new WriteOptions(force, other, bytesDone, bytesFound, identity, inputs);
  }

  /** These options with another {@link #bytesDone()}. */
  public WriteOptions withBytesDone(LongConsumer other) {
    return new WriteOptions(force, threads, other, bytesFound, identity, inputs);
  }

  /** These options with another {@link #bytesFound()}. */
  public WriteOptions withBytesFound(LongConsumer other) {
    return new WriteOptions(force, threads, bytesDone, other, identity, inputs);
  }

  /** These options with an {@link #identity()}. */
  public WriteOptions withIdentity(String other) {
    return new WriteOptions(force, threads, bytesDone, bytesFound, Optional.of(other), inputs);
  }

  /** These options with {@link #inputs()}. */
  public WriteOptions withInputs(Inputs other) {
    return new WriteOptions(force, threads, bytesDone, bytesFound, identity, other);
  }
}
