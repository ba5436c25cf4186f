package io.darex.bench.cli;

import io.darex.bench.console.Progress;
import io.darex.bench.encoder.OnnxFolder;
import io.darex.prune.file.Output;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.WrittenFolder;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say how to work; none of them changes a byte of the output. */
final class WorkOptions {
  @Option(
      names = "--force",
      description =
          "Replace the output if it exists: a file, or a folder that holds only what darex wrote;"
              + " never an input.")
  private boolean force;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Threads.class,
      description = "Number of threads; default: all processors.")
  private int threads = Runtime.getRuntime().availableProcessors();

  /**
   * Refuses a file that cannot be written, before any work.
   *
   * @throws IOException as {@link Output#requireFile}
   */
  void requireFile(Path out, Inputs inputs) throws IOException {
    Output.requireFile(out, force, inputs.paths());
  }

  /**
   * Refuses a folder that cannot be written, before any work.
   *
   * @throws IOException as {@link WrittenFolder#require}
   */
  void requireFolder(Path out, Inputs inputs) throws IOException {
    WrittenFolder.require(out, force, inputs.paths());
  }

  /** As {@link #requireFolder}, of a model as ONNX. */
  void requireOnnx(Path out, Inputs inputs) throws IOException {
    OnnxFolder.require(out, force, inputs.paths());
  }

  /** How to write, telling nobody. */
  WriteOptions options() {
    return WriteOptions.defaults().withForce(force).withThreads(threads);
  }

  /** How to write, telling {@code progress}. */
  WriteOptions options(Progress progress) {
    return options().withBytesDone(progress::add).withBytesFound(progress::found);
  }

  /** A number of threads. */
  static final class Threads implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      if (!text.matches("[1-9]\\d{0,3}")) {
        throw new TypeConversionException("expected a number from 1 to 9999, got '" + text + "'");
      }
      return Integer.valueOf(text);
    }
  }
}
