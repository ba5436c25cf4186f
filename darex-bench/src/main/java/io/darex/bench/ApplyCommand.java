package io.darex.bench;

import io.darex.prune.Checkpoint;
import io.darex.prune.SparseDelta;
import io.darex.prune.checkpoint.CheckpointDigest;
import io.darex.prune.checkpoint.HuggingFaceFolder;
import io.darex.prune.checkpoint.SparseDeltaFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code darex apply}: a sparse delta back onto its base, as a dense checkpoint. */
@Command(
    name = "apply",
    description = "Apply a sparse delta to its base and write the dense checkpoint.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example: darex apply --base minilm"
          + " --delta out/quickstart/deltas/random-0.99-q-labelled-0.safetensors --out pruned"
    })
final class ApplyCommand implements Callable<Integer> {
  @ParentCommand private Main main;

  @Option(
      names = "--base",
      paramLabel = "CHECKPOINT",
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
      paramLabel = "DIR",
      required = true,
      description = "Hugging Face folder to write.")
  private Path out;

  @Option(names = "--force", description = "Replace DIR.")
  private boolean force;

  @Override
  public Integer call() throws IOException {
    Checkpoint onto = HuggingFaceFolder.open(base);
    SparseDelta sparse = SparseDeltaFile.read(delta);
    CheckpointDigest.requireBase(sparse, onto);
    Map<String, byte[]> extras = new HashMap<>();
    Path tokenizer = base.resolve(HuggingFaceFolder.TOKENIZER);
    if (Files.exists(tokenizer)) {
      extras.put(HuggingFaceFolder.TOKENIZER, Files.readAllBytes(tokenizer));
    }
    HuggingFaceFolder.write(out, sparse.applyTo(onto), extras, force);
    main.console().out().println(out);
    return 0;
  }
}
