package io.darex.bench.pipeline;

import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.EngineChoice;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.bench.tokenizer.TokenizerFiles;
import io.darex.prune.Checkpoint;
import io.darex.prune.SparseDelta;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.PeftAdapter;
import io.darex.prune.folder.SideFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A model as it is used: a checkpoint, or a base with a delta on it. Nothing dense is written.
 *
 * @param base the checkpoint, or what the delta is put on
 * @param sparse the delta, where it is a sparse one and no adapter
 * @param weights those of the checkpoint, or of base and delta together
 * @param config its architecture
 * @param tokenizer that of the fine-tuned model, where the delta brings it; else it is the base's
 * @param source how messages name it
 */
public record UsableModel(
    Pretrained base,
    Optional<SparseDelta> sparse,
    Checkpoint weights,
    EncoderConfig config,
    TokenizerFiles tokenizer,
    String source) {
  private static final int SHORTEST = 8;

  /**
   * Opens a model; of a checkpoint only headers are read.
   *
   * @param model a Hugging Face folder, or the name of a built-in encoder
   * @param delta a sparse delta, or the folder of a PEFT adapter
   * @param say is told which of several files in a folder is taken
   * @throws BadInputException if it cannot be used
   * @throws IOException if it cannot be read, or the delta has another base
   */
  public static UsableModel open(String model, Optional<Path> delta, Consumer<String> say)
      throws IOException {
    HuggingFaceFolder.beside(Path.of(model)).ifPresent(say);
    Pretrained base = Pretrained.of(model);
    if (delta.isEmpty()) {
      return new UsableModel(
          base, Optional.empty(), base.checkpoint(), base.config(), base.tokenizer(), model);
    }
    Path file = delta.get();
    PeftAdapter.beside(file).ifPresent(say);
    // A sparse delta is a file, so a folder can only be meant as an adapter.
    if (Files.isDirectory(file)) {
      Checkpoint weights = PeftAdapter.open(file).onto(base.checkpoint());
      TokenizerFiles tokenizer =
          SideFiles.haveTokenizer(file) ? TokenizerFiles.read(file) : base.tokenizer();
      return of(base, Optional.empty(), weights, tokenizer, file);
    }
    return onto(base, () -> CheckpointDigest.of(base.checkpoint()), file);
  }

  /**
   * A sparse delta on a base that is open already.
   *
   * @param digest of the base; asked for where the delta states that of its own
   * @throws BadInputException if it cannot be used
   * @throws IOException if it cannot be read, or the delta has another base
   */
  public static UsableModel onto(Pretrained base, Supplier<String> digest, Path file)
      throws IOException {
    SparseDelta sparse = SparseDeltaFile.readCopy(file);
    CheckpointDigest.requireBase(sparse, digest);
    TokenizerFiles tokenizer = base.tokenizer().of(sparse.provenance().files(), file.toString());
    return of(base, Optional.of(sparse), sparse.applyTo(base.checkpoint()), tokenizer, file);
  }

  private static UsableModel of(
      Pretrained base,
      Optional<SparseDelta> sparse,
      Checkpoint weights,
      TokenizerFiles tokenizer,
      Path delta) {
    try {
      EncoderConfig config = weights.config().isEmpty() ? base.config() : EncoderConfig.of(weights);
      return new UsableModel(base, sparse, weights, config, tokenizer, delta.toString());
    } catch (IllegalArgumentException e) {
      throw new BadInputException(delta + ": " + e.getMessage(), e);
    }
  }

  /**
   * Its architecture, where it answers texts.
   *
   * @throws BadInputException if it has no head, or lacks layers that only fine-tuning draws
   */
  public EncoderConfig withHead() {
    if (config.classes() == 0) {
      throw new BadInputException(
          source + ": expected a fine-tuned model with a head, got no head");
    }
    Evaluation.requireTrained(config, weights, source);
    return config;
  }

  /**
   * The longest text in tokens.
   *
   * @param asked of {@code --max-length}; null for as long as model and tokenizer take
   * @throws BadInputException if they do not take so long a text, or it is hardly one
   */
  public int longest(Integer asked) {
    int longest = Math.min(config.maxTokens(), tokenizer.maxLength().orElse(1 << 30));
    if (asked == null) {
      return longest;
    }
    if (asked < SHORTEST) {
      throw new BadInputException("--max-length: expected at least " + SHORTEST + ", got " + asked);
    }
    if (asked > longest) {
      throw new BadInputException(
          "--max-length: expected at most " + longest + ", what the model takes, got " + asked);
    }
    return asked;
  }

  /** Its tokenizer, which cuts texts to so many tokens. */
  public Tokenizer tokenizer(int longest) {
    return tokenizer.open(longest, config.vocabSize());
  }

  /** As below, by the engine that {@link EngineChoice#AUTO} takes. */
  public Encoder encoder(EncoderConfig named) {
    return encoder(EngineChoice.AUTO, named);
  }

  /**
   * An encoder with its weights.
   *
   * @param named the config, with the names of classes that are meant
   * @throws BadInputException if the weights do not fit the config, or the engine cannot be had
   */
  public Encoder encoder(EngineChoice engine, EncoderConfig named) {
    return encoder(engine, named, weights);
  }

  /**
   * An encoder with the base's weights, beside which the delta stays.
   *
   * @param named as above
   * @throws BadInputException as above, and if the engine cannot keep it beside the weights
   * @throws java.util.NoSuchElementException if there is no sparse delta
   */
  public Encoder encoderWithDeltaBeside(EngineChoice engine, EncoderConfig named) {
    Encoder encoder = encoder(engine, named, base.checkpoint());
    try {
      encoder.attach(sparse.orElseThrow());
      return encoder;
    } catch (IllegalArgumentException e) {
      encoder.close();
      throw new BadInputException("--beside: " + source + ": " + e.getMessage(), e);
    }
  }

  private Encoder encoder(EngineChoice engine, EncoderConfig named, Checkpoint checkpoint) {
    try {
      return Encoders.open(engine, named, checkpoint, 0);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(source + ": " + e.getMessage(), e);
    }
  }
}
