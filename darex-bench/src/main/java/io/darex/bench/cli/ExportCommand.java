package io.darex.bench.cli;

import io.darex.bench.console.Progress;
import io.darex.prune.KeptTensor;
import io.darex.prune.SparseDelta;
import io.darex.prune.delta.IndexValueFile;
import io.darex.prune.delta.SparseDeltaFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code darex export}: a sparse delta for tools that can draw no mask. */
@Command(
    name = "export",
    description = {
      "Write a sparse delta as plain indices and values, for other tools.",
      "For each tensor: NAME.indices, NAME.values (already divided by q) and NAME.shape."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {"", "Example: darex export --delta sst2.safetensors --out plain.safetensors"})
final class ExportCommand implements Callable<Integer> {
  /** An index and a value. */
  private static final int ENTRY_BYTES = Long.BYTES + Float.BYTES;

  @ParentCommand private Main main;

  @Option(
      names = "--delta",
      paramLabel = "FILE",
      required = true,
      description = "The sparse delta.")
  private Path delta;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "The safetensors file to write.")
  private Path out;

  @Mixin private WorkOptions work;

  @Override
  public Integer call() throws IOException {
    work.requireFile(out, Inputs.of(delta));
    SparseDelta sparse = SparseDeltaFile.read(delta);
    long kept = sparse.kept().values().stream().mapToLong(KeptTensor::kept).sum();
    try (Progress progress = main.console().progressOfBytes("export", kept * ENTRY_BYTES)) {
      IndexValueFile.write(out, sparse, work.options(progress));
    }
    main.console().out().println(out);
    return 0;
  }
}
