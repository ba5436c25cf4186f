package io.darex.bench;

import io.darex.prune.checkpoint.WriteOptions;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say how to work; none of them changes a byte of the values written. */
final class WorkOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--no-digest",
      description = "Take no digests, which need a full read, and check none.")
  private boolean noDigest;

  @Option(names = "--force", description = "Replace the output if it exists.")
  private boolean force;

  @Option(names = "--threads", paramLabel = "N", description = "Default: all processors.")
  private void setThreads(int value) {
    if (value < 1) {
      throw new ParameterException(
          command.commandLine(), "--threads: expected at least 1, got " + value);
    }
    threads = value;
  }

  boolean digests() {
    return !noDigest;
  }

  boolean force() {
    return force;
  }

  int threads() {
    return threads;
  }

  /** How to write, telling {@code progress}. */
  WriteOptions options(Progress progress) {
    return WriteOptions.defaults()
        .withForce(force)
        .withThreads(threads)
        .withBytesDone(progress::add);
  }
}
