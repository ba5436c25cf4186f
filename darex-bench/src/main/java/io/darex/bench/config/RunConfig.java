package io.darex.bench.config;

import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Family;
import io.darex.bench.glue.Task;
import io.darex.prune.checkpoint.InputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One YAML file that {@code darex run} accepts.
 *
 * @param name of the file, without its ending; names the output folder
 * @param task what is learned
 * @param encoder name of a built-in encoder, or a Hugging Face folder
 * @param finetunes how it is fine-tuned: at least one, which differ in their seed alone
 * @param tuned a fine-tune that is there already, which is pruned instead of a new one: the output
 *     folder of a run, or a Hugging Face folder
 */
public record RunConfig(
    String name,
    Task task,
    String encoder,
    List<FinetuneConfig> finetunes,
    Optional<Path> tuned,
    PruneConfig prune) {
  /** Copies the list. */
  public RunConfig {
    finetunes = List.copyOf(finetunes);
  }

  /**
   * Reads and checks a whole file.
   *
   * @throws io.darex.bench.BadInputException naming file, line, what was expected and what came
   */
  public static RunConfig read(Path file) {
    return from(Section.read(file));
  }

  /**
   * Checks and takes the top level of a file.
   *
   * @throws io.darex.bench.BadInputException naming file, line, what was expected and what came
   */
  public static RunConfig from(Section top) {
    Task task = TaskConfig.from(top);
    String encoder = encoder(top);
    Recipe recipe = Recipe.of(family(encoder), task.name());
    RunConfig config =
        new RunConfig(
            nameOf(top.file()),
            task,
            encoder,
            FinetuneConfig.from(top.section("finetune"), recipe),
            tuned(top),
            PruneConfig.from(top.sections("prune")));
    top.end();
    return config;
  }

  /** A folder is named from the working directory, as on the command line. */
  private static String encoder(Section top) {
    String encoder = top.text("encoder", "minilm-l6");
    return Files.isDirectory(Path.of(encoder))
        ? encoder
        : top.name("encoder", encoder, BuiltInEncoders.names());
  }

  /** A folder, named from the working directory as {@link #encoder} is. */
  private static Optional<Path> tuned(Section top) {
    if (!top.has("tuned")) {
      return Optional.empty();
    }
    Path folder = Path.of(top.text("tuned", null));
    if (!Files.isDirectory(folder)) {
      throw top.bad("tuned", "the folder of a run or a Hugging Face folder");
    }
    FinetuneConfig.requireUntrained(top.section("finetune"));
    return Optional.of(folder);
  }

  /** Of a folder that cannot be used BERT: what is wrong with it is said when it is opened. */
  private static Family family(String encoder) {
    Path json = Path.of(encoder).resolve("config.json");
    try {
      return Files.isRegularFile(json)
          ? EncoderConfig.fromJson(InputFile.text(json)).family()
          : Family.BERT;
    } catch (IOException | IllegalArgumentException e) {
      return Family.BERT;
    }
  }

  /** The name of a YAML file without its ending. */
  static String nameOf(Path file) {
    return file.getFileName().toString().replaceFirst("\\.ya?ml$", "");
  }
}
