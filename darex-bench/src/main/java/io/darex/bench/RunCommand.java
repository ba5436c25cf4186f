package io.darex.bench;

import io.darex.bench.config.RunConfig;
import io.darex.bench.pipeline.Run;
import io.darex.prune.checkpoint.OutputPlace;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code darex run}: fine-tune, prune, search, evaluate and report, from one YAML. */
@Command(
    name = "run",
    description =
        "Fine-tune an encoder, prune its delta at every rate, rescale and seed of CONFIG, and"
            + " report what each costs. Run again, it reuses what is done.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: darex run configs/cola.yml --glue ~/glue"})
final class RunCommand implements Callable<Integer> {
  @ParentCommand private Main main;

  @Parameters(paramLabel = "CONFIG", description = "The YAML file that says what to run.")
  private Path config;

  @Option(
      names = "--glue",
      paramLabel = "DIR",
      description = "GLUE folder in the official TSV layout (DIR/CoLA/train.tsv and so on).")
  private Path glue;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Output folder; default: out/CONFIG-NAME in the working directory.")
  private Path out;

  @Option(
      names = "--force",
      description =
          "Start over where DIR already holds a run, which is deleted; with anything else in it DIR"
              + " is refused.")
  private boolean force;

  @Override
  public Integer call() throws Exception {
    RunConfig parsed = RunConfig.read(config);
    Path folder = out == null ? Path.of("out", parsed.name()) : out;
    OutputPlace.requireWritableFolder(folder);
    Console console = main.console();
    Backend.prepare(console);
    Run run = new Run(parsed, Optional.ofNullable(glue), folder, console);
    Farewell.during(
        console,
        () -> standing(run, folder),
        () -> {
          run.execute(Inputs.of(config, glue).paths(), force);
          return null;
        });
    console.out().println(folder.resolve("report.html"));
    return 0;
  }

  /** How to say where it stands to one who has interrupted it. */
  private String standing(Run run, Path folder) {
    if (force && !run.begun()) {
      return "nothing was deleted from " + folder + " yet, the same command starts over";
    }
    return "what was finished is in "
        + folder
        + (force ? ", the same command without --force goes on" : ", the same command goes on");
  }
}
