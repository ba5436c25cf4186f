package io.darex.bench.cli;

import io.darex.bench.cluster.Cluster;
import io.darex.bench.console.Console;
import io.darex.bench.console.Interruption;
import io.darex.bench.encoder.Backend;
import io.darex.bench.report.Brief;
import io.darex.bench.report.SweepReport;
import io.darex.bench.sweep.Sweep;
import io.darex.bench.sweep.SweepConfig;
import io.darex.bench.sweep.SweepPlan;
import io.darex.prune.file.OutputPlace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code darex sweep}: many runs over a space of configurations. */
@Command(
    name = "sweep",
    description = {
      "Try many configurations and report the best.",
      "CONFIG is a configuration of darex run, with a section 'sweep', in which any value may be a"
          + " space to search. Stopped and run again, it continues."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {"", "Example: darex sweep configs/sweep/lambda-penalty-cola.yml --glue GLUE"})
final class SweepCommand implements Callable<Integer> {
  @ParentCommand private Main main;

  @Parameters(paramLabel = "CONFIG", description = "The YAML file that says what to try.")
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

  @Option(
      names = "--master",
      paramLabel = "URL",
      description =
          "Spark cluster to evaluate the candidates on, such as local[2] or spark://host:7077; its"
              + " machines must see the same files.")
  private String master;

  @Mixin private EngineOption engine;

  @Option(
      names = "--force",
      description =
          "Delete the sweep that DIR holds and start over; a folder with anything else in it is"
              + " refused.")
  private boolean force;

  @Option(
      names = "--dry-run",
      description = "Print which candidates would be tried, the time and disk they take, and stop.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    SweepConfig read =
        master == null ? SweepConfig.read(config) : SweepConfig.readForCluster(config);
    SweepConfig parsed = read.with(engine.said());
    Path folder = out == null ? Path.of("out", parsed.name()) : out;
    OutputPlace.requireWritableFolder(folder);
    Console console = main.console();
    Backend.prepare(console);
    if (dryRun) {
      SweepPlan plan = SweepPlan.of(parsed, Optional.ofNullable(glue), folder, force);
      if (json) {
        console.json(plan);
      } else {
        PlanText.print(plan, console.out());
      }
      return 0;
    }
    SweepReport report;
    try (Sweep sweep = Sweep.open(parsed, Optional.ofNullable(glue), folder, console, force)) {
      report = Interruption.during(console, sweep::standing, () -> execute(sweep, parsed, console));
    }
    if (report.goal().best(report.trials()).isEmpty()) {
      throw new IllegalStateException(
          "no candidate came to a score; " + folder.resolve("report.html") + " says why");
    }
    if (json) {
      console.json(report.json());
    } else {
      Brief.of(report).print(console.out());
      console.out().println(folder.resolve("report.html"));
    }
    return 0;
  }

  private SweepReport execute(Sweep sweep, SweepConfig parsed, Console console) throws IOException {
    sweep.prepare();
    if (master == null) {
      return sweep.execute(Optional.empty());
    }
    console.say("connecting to " + master);
    try (Cluster cluster = Cluster.open(master, parsed.threads())) {
      return sweep.execute(Optional.of(cluster));
    }
  }
}
