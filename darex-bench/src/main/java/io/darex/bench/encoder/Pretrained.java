package io.darex.bench.encoder;

import io.darex.bench.BadInputException;
import io.darex.prune.Checkpoint;
import io.darex.prune.checkpoint.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A pre-trained encoder as its Hugging Face folder holds it: {@code config.json}, weights and the
 * files of its tokenizer.
 *
 * @param config the architecture, and the labels where the checkpoint is fine-tuned
 * @param checkpoint the tensors, under the names of the folder
 * @param tokenizer the files of the tokenizer
 */
public record Pretrained(EncoderConfig config, Checkpoint checkpoint, TokenizerFiles tokenizer) {
  /**
   * The built-in encoder of that name, or what lies in a folder.
   *
   * @throws BadInputException as {@link #open}
   * @throws IOException as {@link #open}
   */
  public static Pretrained of(String nameOrFolder) throws IOException {
    return BuiltInEncoders.names().contains(nameOrFolder)
        ? BuiltInEncoders.read(nameOrFolder)
        : open(Path.of(nameOrFolder));
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
      return new Pretrained(EncoderConfig.of(checkpoint), checkpoint, TokenizerFiles.read(folder));
    } catch (IllegalArgumentException e) {
      throw new BadInputException(folder + ": " + e.getMessage(), e);
    }
  }
}
