package io.darex.bench.cli;

import io.darex.bench.config.RecipeName;
import io.darex.bench.config.TaskConfig;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.pipeline.TunedModel;
import io.darex.bench.task.DataFolder;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Need;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that name the texts a recipe may look at. */
final class TextOptions {
  /** Holds validation out, as in a run that names none. */
  private static final long SEED = 0;

  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description = "Texts, one a line, which mask wanda and the rescale q-unlabelled need.")
  private Path calibration;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description =
          "Task whose train examples are the texts, with labels, which q-labelled and budget apl"
              + " need. Its dev examples are never read.")
  private String task;

  @Option(
      names = "--glue",
      paramLabel = "DIR",
      description = "GLUE folder, TSV or the hub's Parquet, for a --task of GLUE.")
  private Path glue;

  @Mixin private ClassesOption classes;

  @Mixin private EngineOption engine;

  /**
   * The texts.
   *
   * @param inRecipe the file that a recipe's YAML names, where none is named here
   * @throws BadInputException if there are none and the recipe needs some, or the other way round
   */
  TunedModel.Source source(Recipe recipe, Optional<Path> inRecipe, Console console) {
    TunedModel.Source source =
        new TunedModel.Source(
            Optional.ofNullable(calibration).or(() -> inRecipe),
            Optional.ofNullable(task).map(TaskConfig::of),
            classes.given(),
            new DataFolder(Optional.ofNullable(glue), console::say),
            SEED,
            Integer.MAX_VALUE,
            engine.choice(),
            console::say);
    Optional<String> labels = recipe.needing(Need.LABELS);
    if (labels.isPresent() && source.task().isEmpty()) {
      throw new BadInputException(
          labels.get() + " needs labels: expected --task TASK, and for GLUE --glue DIR, got none");
    }
    Optional<String> texts = recipe.needing(Need.TEXTS);
    if (texts.isPresent() && !source.given()) {
      throw new BadInputException(
          texts.get() + " needs texts: expected --calibration FILE or --task TASK, got neither");
    }
    if (labels.isEmpty()
        && texts.isEmpty()
        && (calibration != null || task != null || engine.given())) {
      throw new BadInputException(
          "expected no --calibration, --task and --engine, as "
              + RecipeName.of(recipe)
              + " looks at nothing but the weights, got "
              + (calibration != null ? "--calibration" : task != null ? "--task" : "--engine"));
    }
    return source;
  }

  /** The files and folders of the texts. */
  Inputs inputs() {
    return Inputs.of(calibration, glue).andTask(task);
  }

  /** Whether any of them is there. */
  boolean given() {
    return calibration != null || task != null || glue != null || engine.given();
  }
}
