package io.darex.bench.config;

import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.Device;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Engine;
import io.darex.bench.encoder.EngineChoice;
import io.darex.bench.encoder.Family;
import io.darex.bench.encoder.Precision;
import io.darex.bench.task.Task;
import io.darex.prune.file.InputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lombok.With;

/**
 * One YAML file that {@code darex run} accepts.
 *
 * @param name of the file, without its ending; names the output folder
 * @param task what is learned
 * @param encoder name of a built-in encoder, or a Hugging Face folder, as the file writes it
 * @param encoderFolder that folder, where it is one
 * @param engine what computes the encoder
 * @param finetunes how it is fine-tuned: at least one, which differ in their seed alone
 * @param tuned a fine-tune that is there already, which is pruned instead of a new one: the output
 *     folder of a run, or a Hugging Face folder
 * @param prune in which ways it is pruned
 * @param file itself
 */
public record RunConfig(
    String name,
    Task task,
    String encoder,
    Optional<Path> encoderFolder,
    @With EngineChoice engine,
    List<FinetuneConfig> finetunes,
    Optional<Path> tuned,
    PruneConfig prune,
    Path file) {
  private static final String BESIDE = ", beside this file unless its path is absolute";

  /** Copies the list. */
  public RunConfig {
    finetunes = List.copyOf(finetunes);
  }

  /**
   * Reads and checks a whole file.
   *
   * @throws io.darex.bench.console.BadInputException naming file, line, what was expected and what
   *     came
   */
  public static RunConfig read(Path file) {
    return from(Section.read(file));
  }

  /**
   * Checks and takes the top level of a file.
   *
   * @throws io.darex.bench.console.BadInputException naming file, line, what was expected and what
   *     came
   */
  public static RunConfig from(Section top) {
    Task task = TaskConfig.from(top);
    String encoder = top.text("encoder", BuiltInEncoders.DEFAULT);
    Optional<Path> folder = encoderFolder(top, encoder);
    FinetuneDefaults recipe =
        FinetuneDefaults.of(folder.map(RunConfig::family).orElse(Family.BERT), task.name());
    RunConfig config =
        new RunConfig(
            nameOf(top.file()),
            task,
            encoder,
            folder,
            engine(top),
            FinetuneConfig.from(top.section("finetune"), recipe),
            tuned(top),
            PruneConfig.from(top.sections("prune")),
            top.file());
    top.end();
    return config;
  }

  private static EngineChoice engine(Section top) {
    return new EngineChoice(
        top.constant("engine", Engine.AUTO), device(top), top.constant("precision", Precision.F32));
  }

  private static Device device(Section top) {
    try {
      return Device.of(top.text("device", Device.AUTO.word()));
    } catch (IllegalArgumentException e) {
      throw top.bad("device", Device.FORM);
    }
  }

  /**
   * Refuses an engine that cannot be had here, or that does not do what this asks.
   *
   * @throws io.darex.bench.console.BadInputException saying why
   */
  public void requireEngine() {
    if (tuned.isPresent()) {
      engine.require();
    } else {
      engine.requireTraining();
    }
  }

  /** The files and folders that it names and a run reads. */
  public List<Path> inputs() {
    List<Path> inputs = new ArrayList<>(task.source().paths());
    encoderFolder.ifPresent(inputs::add);
    tuned.ifPresent(inputs::add);
    Optional.ofNullable(finetunes.get(0).support()).ifPresent(inputs::add);
    return inputs;
  }

  /** What lies beside the file goes before what is built in, as on the command line. */
  private static Optional<Path> encoderFolder(Section top, String encoder) {
    Path folder = top.beside("encoder", encoder);
    if (Files.isDirectory(folder)) {
      return Optional.of(folder);
    }
    if (encoder.matches(".*[/\\\\].*") || Files.isDirectory(Path.of(encoder))) {
      throw top.bad("encoder", "a Hugging Face folder" + BESIDE);
    }
    top.name("encoder", encoder, BuiltInEncoders.names());
    return Optional.empty();
  }

  /** A folder, beside the file as {@link #encoderFolder} is. */
  private static Optional<Path> tuned(Section top) {
    if (!top.has("tuned")) {
      return Optional.empty();
    }
    Path folder = top.beside("tuned", top.text("tuned", null));
    if (!Files.isDirectory(folder)) {
      throw top.bad("tuned", "the folder of a run or a Hugging Face folder" + BESIDE);
    }
    FinetuneConfig.requireUntrained(top.section("finetune"));
    return Optional.of(folder);
  }

  /** Of a folder that cannot be used BERT: what is wrong with it is said when it is opened. */
  private static Family family(Path encoder) {
    Path json = encoder.resolve("config.json");
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
