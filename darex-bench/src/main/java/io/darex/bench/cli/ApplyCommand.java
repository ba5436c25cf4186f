package io.darex.bench.cli;

import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Progress;
import io.darex.bench.console.Size;
import io.darex.prune.DType;
import io.darex.prune.delta.ApplyJob;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.TypeConversionException;

/** {@code darex apply}: a sparse delta back onto its base, as a dense checkpoint. */
@Command(
    name = "apply",
    description = {
      "Apply a sparse delta to its base and write the dense checkpoint.",
      "The tokenizer and the other files are the tuned model's. Killed and run again, it continues."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {"", "Example: darex apply --base bert --delta sst2.safetensors --out pruned"})
final class ApplyCommand implements Callable<Integer> {
  @ParentCommand private Main main;

  @Option(
      names = "--base",
      paramLabel = "CHECKPOINT",
      converter = CheckpointPath.class,
      required = true,
      description = "The checkpoint the delta was made from: a Hugging Face folder or a file.")
  private Path base;

  @Option(
      names = "--delta",
      paramLabel = "FILE",
      required = true,
      description = "The sparse delta.")
  private Path delta;

  @Option(
      names = "--out",
      paramLabel = "OUT",
      required = true,
      description =
          "Hugging Face folder to write, or a bare file if the name ends in .safetensors.")
  private Path out;

  @Option(
      names = "--scale",
      paramLabel = "FACTOR",
      defaultValue = "1",
      converter = Factor.class,
      description =
          "Multiply the delta by this before it is added; 1 is the delta as it is. Tensors carried"
              + " whole, such as a head, are not scaled.")
  private double scale;

  @Option(
      names = "--dtype",
      paramLabel = "DTYPE",
      converter = FloatType.class,
      description = "f32, f16 or bf16; default: as the base stores each tensor.")
  private DType dtype;

  @Option(
      names = "--shard-size",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "Most bytes of values in one file of the folder, such as 2GB.")
  private Long shardSize;

  @Option(
      names = "--no-digest",
      description = "Do not check the digest of the base, which takes a full read.")
  private boolean noDigest;

  @Mixin private WorkOptions work;

  @Override
  public Integer call() throws IOException {
    if (shardSize != null && out.toString().endsWith(".safetensors")) {
      throw new BadInputException("--shard-size: expected a folder as --out, got the file " + out);
    }
    if (out.toString().endsWith(".safetensors")) {
      work.requireFile(out, Inputs.of(base, delta));
    } else {
      work.requireFolder(out, Inputs.of(base, delta));
    }
    HuggingFaceFolder.beside(base).ifPresent(main.console()::say);
    ApplyJob job =
        ApplyJob.open(
            base,
            delta,
            new ApplyJob.Settings(
                scale,
                Optional.ofNullable(dtype),
                shardSize == null ? OptionalLong.empty() : OptionalLong.of(shardSize),
                !noDigest));
    job.notes(out).forEach(main.console()::say);
    try (Progress progress = main.console().progressOfBytes("apply", job.bytes())) {
      job.run(out, work.options(progress));
    }
    main.console().out().println(out);
    return 0;
  }

  /** A finite number. */
  static final class Factor implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      try {
        double factor = Double.parseDouble(text);
        if (Double.isFinite(factor)) {
          return factor;
        }
      } catch (NumberFormatException e) {
        // The message below says what should be there.
      }
      throw new TypeConversionException("expected a finite number, got '" + text + "'");
    }
  }

  /** The types a checkpoint can be written in. */
  static final class FloatType implements ITypeConverter<DType> {
    @Override
    public DType convert(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "f32" -> DType.F32;
        case "f16" -> DType.F16;
        case "bf16" -> DType.BF16;
        default ->
            throw new TypeConversionException("expected f32, f16 or bf16, got '" + text + "'");
      };
    }
  }
}
