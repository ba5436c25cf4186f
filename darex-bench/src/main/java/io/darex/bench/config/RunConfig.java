package io.darex.bench.config;

import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.glue.Task;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One YAML file that {@code darex run} accepts.
 *
 * @param name of the file, without its ending; names the output folder
 * @param task what is learned
 * @param encoder name of a built-in encoder, or a Hugging Face folder
 */
public record RunConfig(
    String name, Task task, String encoder, FinetuneConfig finetune, PruneConfig prune) {

  /**
   * Reads and checks a whole file.
   *
   * @throws io.darex.bench.BadInputException naming file, line, what was expected and what came
   */
  public static RunConfig read(Path file) {
    Section top = Section.read(file);
    RunConfig config =
        new RunConfig(
            nameOf(file),
            TaskConfig.from(top),
            encoder(top),
            FinetuneConfig.from(top.section("finetune")),
            PruneConfig.from(top.section("prune")));
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

  /** The name of a YAML file without its ending. */
  static String nameOf(Path file) {
    return file.getFileName().toString().replaceFirst("\\.ya?ml$", "");
  }
}
