package io.darex.bench.cli;

import io.darex.bench.config.RunConfig;
import io.darex.bench.console.Console;
import io.darex.bench.console.Interruption;
import io.darex.bench.encoder.Backend;
import io.darex.bench.pipeline.Run;
import io.darex.bench.pipeline.RunPlan;
import io.darex.bench.report.Brief;
import io.darex.prune.file.OutputPlace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code darex run}: fine-tune, prune, search, evaluate and report, from one YAML. */
@Command(
    name = "run",
    description = {
      "Fine-tune an encoder, prune its delta in every way that CONFIG names, and report the"
          + " scores.",
      "Stopped and run again, it continues."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {"", "Example: darex run configs/quickstart.yml"})
final class RunCommand implements Callable<Integer> {
  @ParentCommand private Main main;

  @Parameters(paramLabel = "CONFIG", description = "The YAML file that says what to run.")
  private Path config;

  @Option(
      names = "--glue",
      paramLabel = "DIR",
      description = "GLUE folder: TSV as DIR/CoLA/train.tsv, or the hub's Parquet.")
  private Path glue;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Output folder; default: out/CONFIG-NAME in the working directory.")
  private Path out;

  @Mixin private EngineOption engine;

  @Option(
      names = "--force",
      description =
          "Delete the run that DIR holds and start over; a folder with anything else in it is"
              + " refused.")
  private boolean force;

  @Option(
      names = "--dry-run",
      description = "Print which cells would be made, the time and disk they take, and stop.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print the result as JSON: what results.json has.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    RunConfig read = RunConfig.read(config);
    RunConfig parsed = read.withEngine(engine.over(read.engine()));
    Path folder = out == null ? Path.of("out", parsed.name()) : out;
    OutputPlace.requireWritableFolder(folder);
    Console console = main.console();
    Backend.prepare(console);
    Run run = new Run(parsed, Optional.ofNullable(glue), folder, console);
    if (dryRun) {
      RunPlan plan = run.plan(Inputs.of(config, glue).paths(), force);
      if (json) {
        console.json(plan);
      } else {
        PlanText.print(plan, console.out());
      }
      return 0;
    }
    Brief brief =
        Interruption.during(
            console,
            () -> standing(run, folder),
            () -> run.execute(Inputs.of(config, glue).paths(), force));
    if (json) {
      console.out().print(Files.readString(folder.resolve(Run.RESULTS)));
    } else {
      brief.print(console.out());
      console.out().println(folder.resolve("report.html"));
    }
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
