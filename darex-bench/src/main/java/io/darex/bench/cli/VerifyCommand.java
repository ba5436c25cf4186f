package io.darex.bench.cli;

import io.darex.prune.Checkpoint;
import io.darex.prune.delta.Verification;
import io.darex.prune.delta.Verification.State;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code darex verify}: is a sparse delta what it says? */
@Command(
    name = "verify",
    description = {
      "Check a sparse delta against its digest and the checkpoints it was made from.",
      "Exits with 1 if a check fails, or if the delta has no digest."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example: darex verify sst2.safetensors --base bert --tuned bert-sst2"})
final class VerifyCommand implements Callable<Integer> {
  @ParentCommand private Main main;

  @Parameters(paramLabel = "FILE", description = "The sparse delta.")
  private Path file;

  @Option(
      names = "--base",
      paramLabel = "CHECKPOINT",
      converter = CheckpointPath.class,
      description = "The base it was made from.")
  private Path base;

  @Option(
      names = "--tuned",
      paramLabel = "CHECKPOINT",
      converter = CheckpointPath.class,
      description =
          "The tuned model it was made from; with --base, every kept value is compared with tuned"
              + " minus base.")
  private Path tuned;

  @Option(
      names = "--allow-unsigned",
      description = "Accept a delta that was written without digests.")
  private boolean allowUnsigned;

  @Override
  public Integer call() throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    Stream.of(base, tuned)
        .filter(Objects::nonNull)
        .forEach(path -> HuggingFaceFolder.beside(path).ifPresent(main.console()::say));
    Optional<Checkpoint> before =
        base == null ? Optional.empty() : Optional.of(HuggingFaceFolder.open(base));
    List<Verification.Check> checks =
        Verification.of(file, before, tuned(before), Runtime.getRuntime().availableProcessors());
    for (Verification.Check check : checks) {
      String state = check.state().toString().toLowerCase(Locale.ROOT);
      main.console()
          .out()
          .printf(Locale.ROOT, "%-7s  %-13s  %s%n", state, check.what(), check.detail());
    }
    boolean failed =
        checks.stream()
            .map(Verification.Check::state)
            .anyMatch(state -> state == State.FAILED || (state == State.ABSENT && !allowUnsigned));
    return failed ? Main.FAILED : 0;
  }

  private Optional<Checkpoint> tuned(Optional<Checkpoint> before) throws IOException {
    if (tuned == null) {
      return Optional.empty();
    }
    return Optional.of(
        before.isPresent()
            ? HuggingFaceFolder.openTuned(tuned, before.get())
            : HuggingFaceFolder.open(tuned));
  }
}
