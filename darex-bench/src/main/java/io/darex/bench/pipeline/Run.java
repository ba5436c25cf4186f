package io.darex.bench.pipeline;

import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.config.RunConfig;
import io.darex.bench.console.Console;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.report.Brief;
import io.darex.bench.report.Made;
import io.darex.bench.report.Report;
import io.darex.bench.report.Results;
import io.darex.bench.report.Summary;
import io.darex.bench.task.TaskData;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.InputFile;
import io.darex.prune.file.Output;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The whole pipeline of one configuration: fine-tune, prune, search, evaluate, report. */
public final class Run {
  /** The file in the output folder that has all numbers. */
  public static final String RESULTS = OutputFolder.RESULTS;

  private final RunConfig config;
  private final Optional<Path> glue;
  private final OutputFolder folder;
  private final Console console;
  private volatile boolean begun;

  /**
   * @param glue the GLUE folder, where one was named
   * @param out the output folder
   */
  public Run(RunConfig config, Optional<Path> glue, Path out, Console console) {
    this.config = config;
    this.glue = glue;
    this.folder =
        config.tuned().isPresent()
            ? new OutputFolder(out, FineTuned.given(config.tuned().get()))
            : new OutputFolder(out);
    this.console = console;
  }

  /**
   * Runs, or finishes an earlier run of the same configuration. Of several fine-tunes each has a
   * folder {@code seed-N} as if it had been run alone, and above them lies what they come to
   * together.
   *
   * @param inputs files and folders that are read, beside those that the configuration names
   * @param force start over
   * @return what it came to; all of it is in {@link #RESULTS}
   * @throws io.darex.bench.console.BadInputException if the task's files cannot be used, or the
   *     output folder holds something else; nothing is written then
   * @throws io.darex.prune.file.RefusedOutputException if the folder is an input, is to be started
   *     over and not ours alone, or another process is at work in it; nothing is deleted then
   */
  public Brief execute(List<Path> inputs, boolean force) throws IOException {
    requireUsable(inputs);
    List<FinetuneConfig> finetunes = config.finetunes();
    if (finetunes.size() == 1) {
      return Brief.of(execute(finetunes.get(0), folder, force));
    }
    requireForSeveral(force);
    if (force) {
      check(finetunes.get(0), folder, true); // to be known before anything goes
    }
    try (FolderLock lock = FolderLock.of(folder.path())) {
      begin(force, folder, lock);
      return Brief.of(execute(finetunes));
    }
  }

  /**
   * What {@link #execute} would do; nothing is written.
   *
   * @param inputs as there
   * @param force as there
   * @throws RuntimeException as there, but for another process at work
   */
  public RunPlan plan(List<Path> inputs, boolean force) throws IOException {
    requireUsable(inputs);
    List<FinetuneConfig> finetunes = config.finetunes();
    boolean several = finetunes.size() > 1;
    if (several) {
      requireForSeveral(force);
    }
    RunPlan.Builder plan = new RunPlan.Builder(config.prune());
    for (FinetuneConfig finetune : finetunes) {
      OutputFolder own = several ? folder.seed(finetune.seed()) : folder;
      Checked checked = check(finetune, own, force);
      plan.add(finetune, config.tuned().isPresent(), own, checked, force);
    }
    return plan.build();
  }

  private void requireUsable(List<Path> inputs) throws IOException {
    List<Path> all = new ArrayList<>(inputs);
    all.addAll(config.inputs());
    Output.requireApart(folder.path(), all);
    config.requireEngine();
  }

  private void requireForSeveral(boolean force) throws IOException {
    if (force) {
      folder.requireClearable();
    } else {
      folder.requireForSeveral();
    }
  }

  /** Only who holds the folder's lock may. */
  private void begin(boolean force, OutputFolder folder, FolderLock lock) throws IOException {
    begun = true;
    if (force) {
      folder.clear();
    }
    AtomicWrite.clean(lock.folder());
  }

  /** Whether what an earlier run left is no more as it was. */
  public boolean begun() {
    return begun;
  }

  private Summary execute(List<FinetuneConfig> finetunes) throws IOException {
    SortedMap<Long, Results> bySeed = new TreeMap<>();
    for (FinetuneConfig finetune : finetunes) {
      console.say(
          String.format(
              Locale.ROOT,
              "fine-tune %d of %d: seed %d",
              bySeed.size() + 1,
              finetunes.size(),
              finetune.seed()));
      OutputFolder own = folder.seed(finetune.seed());
      bySeed.put(finetune.seed(), execute(finetune, own, false));
    }
    Summary summary = Summary.of(bySeed);
    summary.write(folder.path());
    return summary;
  }

  private Results execute(FinetuneConfig finetune, OutputFolder folder, boolean force)
      throws IOException {
    Checked checked = check(finetune, folder, force);
    String job = checked.job();
    Prepared prepared = checked.prepared();
    Pretrained pretrained = prepared.pretrained();
    try (Encoder encoder =
            Encoders.open(
                config.engine(),
                prepared.architecture(),
                pretrained.checkpoint(),
                finetune.seed());
        FolderLock lock = FolderLock.of(folder.path())) {
      begin(force, folder, lock);
      Optional<Results> earlier = folder.resume(job);
      FineTuned tuned =
          FineTuned.train(config, finetune, prepared, job, encoder, folder, earlier, true, console);
      int threads = Runtime.getRuntime().availableProcessors();
      CellRunner cells =
          new CellRunner(config.prune(), prepared, encoder, tuned, folder, threads, console);
      Results complete = made(tuned, cells.complete(tuned.results()));
      folder.write(complete);
      Report.write(complete, folder.path());
      return complete;
    }
  }

  /**
   * A fine-tune of which nothing is known to be wrong.
   *
   * @param earlier what an earlier run of the same job left
   */
  record Checked(String job, Optional<Results> earlier, Prepared prepared) {}

  private Checked check(FinetuneConfig finetune, OutputFolder folder, boolean force)
      throws IOException {
    TaskData data = Prepared.data(config, finetune, glue, console);
    String job = Job.digest(config, finetune, data, FineTuned.givenDigest(config, finetune));
    Optional<Results> earlier = Optional.empty();
    if (force) {
      folder.requireClearable();
    } else {
      earlier = folder.resume(job); // refuses another job's before what takes long
    }
    return new Checked(job, earlier, prepared(finetune, data));
  }

  /** With how, where and when they were made, unless that was long before. */
  private Results made(FineTuned tuned, Results complete) throws IOException {
    Made here =
        Made.here(
            config.engine().toString(),
            config.encoderFolder().map(Path::toString).orElse(config.encoder()),
            Map.of("base", tuned.baseDigest(), "tuned", tuned.digest()),
            InputFile.text(config.file()));
    Results earlier = tuned.results();
    boolean before =
        earlier.made() != null
            && earlier.made().isOfSame(here)
            && earlier.cells().equals(complete.cells());
    return complete.withMade(before ? earlier.made() : here);
  }

  private Prepared prepared(FinetuneConfig finetune, TaskData data) throws IOException {
    Prepared prepared = Prepared.of(config, finetune, data, console);
    if (config.tuned().isPresent()) {
      FineTuned.requireHead(
          prepared, folder.tuned(), line -> {}); // FineTuned.train says what it assumes
    } else {
      prepared.requireSizes(config.prune());
    }
    return prepared;
  }
}
