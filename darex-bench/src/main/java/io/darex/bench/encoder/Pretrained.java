package io.darex.bench.encoder;

import io.darex.bench.console.BadInputException;
import io.darex.bench.tokenizer.TokenizerFiles;
import io.darex.prune.Checkpoint;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.SideFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A pre-trained encoder as its Hugging Face folder holds it: {@code config.json}, weights and the
 * files of its tokenizer.
 *
 * @param config the architecture, and the labels where the checkpoint is fine-tuned
 * @param checkpoint the tensors, under the names of the folder
 * @param tokenizer the files of the tokenizer
 * @param files all that lies beside the weights, by name
 */
public record Pretrained(
    EncoderConfig config,
    Checkpoint checkpoint,
    TokenizerFiles tokenizer,
    SortedMap<String, byte[]> files) {
  /** An encoder with nothing but its tokenizer beside the weights. */
  Pretrained(EncoderConfig config, Checkpoint checkpoint, TokenizerFiles tokenizer) {
    this(config, checkpoint, tokenizer, tokenizer.contents());
  }

  /** The same, with a file more beside the weights. */
  Pretrained with(String name, byte[] content) {
    SortedMap<String, byte[]> more = new TreeMap<>(files);
    more.put(name, content);
    return new Pretrained(config, checkpoint, tokenizer, more);
  }

  /**
   * What lies in a folder, or the built-in encoder of that name where nothing is called so.
   *
   * @throws BadInputException as {@link #open}
   * @throws IOException as {@link #open}
   */
  public static Pretrained of(String nameOrFolder) throws IOException {
    return isBuiltIn(nameOrFolder)
        ? BuiltInEncoders.read(nameOrFolder)
        : open(Path.of(nameOrFolder));
  }

  /** Whether a name is that of a built-in encoder, and of nothing in the working directory. */
  public static boolean isBuiltIn(String nameOrFolder) {
    return BuiltInEncoders.names().contains(nameOrFolder) && !Files.exists(Path.of(nameOrFolder));
  }

  /**
   * Opens a folder; of the weights only headers are read.
   *
   * @throws BadInputException if the config cannot be used or there is no tokenizer
   * @throws IOException if there are no weights, or a file cannot be read
   */
  public static Pretrained open(Path folder) throws IOException {
    Checkpoint checkpoint = HuggingFaceFolder.open(folder);
    try {
      return new Pretrained(
          EncoderConfig.of(checkpoint),
          checkpoint,
          TokenizerFiles.read(folder),
          SideFiles.read(folder));
    } catch (IllegalArgumentException e) {
      throw new BadInputException(folder + ": " + e.getMessage(), e);
    }
  }
}
