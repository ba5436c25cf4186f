package io.darex.bench.sweep;

import io.darex.bench.cluster.Cluster;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.console.Progress;
import io.darex.bench.pipeline.FolderLock;
import io.darex.bench.report.CandidateResult;
import io.darex.bench.report.Goal;
import io.darex.bench.report.Made;
import io.darex.bench.report.SweepReport;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.InputFile;
import io.darex.prune.file.Output;
import io.darex.prune.file.RefusedOutputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.deeplearning4j.arbiter.optimize.api.termination.MaxTimeCondition;
import org.deeplearning4j.arbiter.optimize.api.termination.TerminationCondition;
import org.deeplearning4j.arbiter.optimize.config.OptimizationConfiguration;
import org.deeplearning4j.arbiter.optimize.runner.LocalOptimizationRunner;

/**
 * A sweep in its folder: {@code journal.jsonl}, {@code candidates/NNN.yml}, {@code finetunes/} and
 * the report.
 *
 * <p>An {@link Evaluator} does all that is done for a candidate, here or on a cluster, and depends
 * on its values alone; what becomes of the result is {@link #finished}'s, under one lock in one
 * process.
 */
public final class Sweep implements AutoCloseable {
  /** A report may take a tenth of the time. */
  private static final int REPORT_EVERY = 10;

  private final SweepConfig config;
  private final Path folder;
  private final Console console;
  private final FolderLock lock;
  private final Evaluator evaluator;
  private final CandidateWork.Source source;
  private final AtomicReference<Exception> fatal = new AtomicReference<>();
  private final long start = System.nanoTime();
  private double before;
  private long reportAfter = start;
  private Progress progress;

  /** Null until an old sweep that is to be started over is gone. */
  private volatile Journal journal;

  private final boolean force;
  private final Made made;

  private Sweep(
      SweepConfig config,
      Optional<Path> glue,
      Path folder,
      Console console,
      FolderLock lock,
      boolean force)
      throws IOException {
    this.config = config;
    this.folder = folder;
    this.console = console;
    this.lock = lock;
    this.force = force;
    made = Made.here("", "", Map.of("sweep", config.digest()), InputFile.text(config.file()));
    evaluator = new Evaluator(config, glue, folder);
    source = CandidateWork.Source.of(config, glue, folder);
    CandidateWork.share(source, evaluator);
  }

  /**
   * Begins a sweep in a folder, or goes on with the one that is there.
   *
   * @param glue the GLUE folder, where one was named
   * @param force start over, once all is {@linkplain #prepare prepared}
   * @throws BadInputException if the folder holds something else or another sweep
   * @throws RefusedOutputException if it is an input, is to be started over and not ours alone, or
   *     another process is at work in it; nothing is deleted then
   */
  public static Sweep open(
      SweepConfig config, Optional<Path> glue, Path folder, Console console, boolean force)
      throws IOException {
    requireUsable(config, glue, folder, force);
    FolderLock lock = FolderLock.of(folder);
    Sweep sweep = new Sweep(config, glue, folder, console, lock, force);
    try {
      if (!force) {
        sweep.begin();
      }
      return sweep;
    } catch (IOException | RuntimeException e) {
      sweep.close();
      throw e;
    }
  }

  /** Refuses a folder before anything in it is touched; see {@link #open}. */
  static void requireUsable(SweepConfig config, Optional<Path> glue, Path folder, boolean force)
      throws IOException {
    List<Path> inputs = new ArrayList<>(config.inputs());
    inputs.add(config.file());
    glue.ifPresent(inputs::add);
    Output.requireApart(folder, inputs);
    if (force) {
      SweepFolder.requireClearable(folder);
    } else {
      SweepFolder.requireOurs(folder);
    }
  }

  private void begin() throws IOException {
    if (force) {
      SweepFolder.requireClearable(folder);
      SweepFolder.clear(folder);
    }
    AtomicWrite.clean(folder);
    journal = Journal.open(folder, config.digest());
    requireSameKeys(config, folder, journal.trials());
    before = journal.trials().stream().mapToDouble(CandidateResult::elapsed).max().orElse(0);
  }

  static void requireSameKeys(SweepConfig config, Path folder, Collection<CandidateResult> trials) {
    Set<String> axes = config.axes().stream().map(Axis::name).collect(Collectors.toSet());
    for (CandidateResult trial : trials) {
      if (!trial.values().keySet().equals(axes)) {
        throw new BadInputException(
            folder.resolve(Journal.FILE)
                + ": expected values of this sweep's keys for candidate "
                + trial.candidate()
                + ", got others");
      }
    }
  }

  /**
   * Tries all candidates that the journal lacks, until there are as many as asked for, time is up
   * or nothing better comes; to be {@linkplain #prepare prepared} first.
   *
   * @param cluster what evaluates the candidates; without one this process does
   * @return what was found
   * @throws BadInputException if a worker cannot use what this process can
   * @throws IOException if a file cannot be read or written; what is in the journal stays, and the
   *     candidates that were running are tried again by the next execution
   */
  public SweepReport execute(Optional<Cluster> cluster) throws IOException {
    int known = (int) journal.trials().stream().filter(this::isAskedFor).count();
    if (known > 0) {
      console.say(
          String.format(
              Locale.ROOT,
              "sweep: %d of %d candidates are in %s already",
              known,
              config.candidates(),
              folder.resolve(Journal.FILE)));
    }
    Goal goal = config.goal();
    boolean learns = config.search() == Search.GENETIC;
    int lag = learns ? config.lag() : Integer.MAX_VALUE;
    Proposals proposals =
        new Proposals(config.generator(), config.candidates(), lag, goal, journal);
    OptimizationConfiguration arbiter =
        new OptimizationConfiguration.Builder()
            .candidateGenerator(proposals)
            .scoreFunction(Search.Upward.SCORE)
            .terminationConditions(conditions(proposals))
            .build();
    try (Progress shown = console.progress("sweep", config.candidates())) {
      progress = shown;
      progress.found(known);
      CandidateTasks.Evaluation evaluation =
          cluster.isEmpty()
              ? evaluator::evaluate
              : (number, values) ->
                  CandidateWork.trial(cluster.get().run(CandidateWork.of(source, number, values)));
      CandidateTasks tasks =
          new CandidateTasks(evaluation, this::finished, e -> fatal.compareAndSet(null, e), goal);
      int room = config.parallel(cluster.map(Cluster::room).orElse(1));
      int parallel = Math.min(room, config.candidates());
      new LocalOptimizationRunner(parallel, arbiter, tasks).execute();
    }
    if (fatal.get() instanceof IOException e) {
      throw e;
    }
    if (fatal.get() instanceof RuntimeException e) {
      throw e;
    }
    return report(journal.trials());
  }

  private boolean isAskedFor(CandidateResult trial) {
    return trial.candidate() < config.candidates();
  }

  private List<TerminationCondition> conditions(Proposals proposals) {
    List<TerminationCondition> conditions = new ArrayList<>();
    // Arbiter waits for ever where a grid is exhausted, and overshoots its own count.
    conditions.add(Ending.when(runner -> proposals.ended() && runner.numCandidatesQueued() == 0));
    conditions.add(Ending.when(runner -> fatal.get() != null));
    if (config.patience() > 0) {
      conditions.add(Ending.when(runner -> isStale(config, journal.trials())));
    }
    if (Double.isFinite(config.minutes())) {
      conditions.add(
          new MaxTimeCondition(Math.round(config.minutes() * 60_000), TimeUnit.MILLISECONDS));
    }
    return conditions;
  }

  /**
   * Whether so many candidates in a row have brought nothing better: counted by their numbers, up
   * to the first that is not finished, so that it does not matter which of several ends first.
   */
  static boolean isStale(SweepConfig config, Collection<CandidateResult> trials) {
    int next = 0;
    int best = -1;
    double score = Double.NEGATIVE_INFINITY;
    for (CandidateResult trial : trials) {
      if (trial.candidate() != next) {
        return false;
      }
      if (trial.isDone() && config.goal().score(trial) > score) {
        score = config.goal().score(trial);
        best = next;
      }
      next++;
      if (next - 1 - best >= config.patience()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads all data and encoders, and refuses what cannot end well; then an old sweep goes, if it is
   * to be started over.
   *
   * @throws BadInputException if a run's data or encoder cannot be used, or the disk is too small
   */
  public void prepare() throws IOException {
    Set<Integer> done =
        journal == null
            ? Set.of()
            : journal.trials().stream().map(CandidateResult::candidate).collect(Collectors.toSet());
    Foreseen.of(config, evaluator.trials(), done).requireRoom(folder);
    if (journal == null) {
      begin();
    }
  }

  /** Writes a candidate down and shows it; any thread may call it. */
  private synchronized void finished(CandidateResult trial, double seconds) throws IOException {
    Optional<CandidateResult> bestBefore = config.goal().best(journal.trials());
    CandidateResult timed = trial.timed(seconds, before + (System.nanoTime() - start) * 1e-9);
    journal.append(timed);
    show(timed, bestBefore);
    if (System.nanoTime() > reportAfter) {
      long begun = System.nanoTime();
      report(journal.trials());
      reportAfter = System.nanoTime() + REPORT_EVERY * (System.nanoTime() - begun);
    }
  }

  private void show(CandidateResult trial, Optional<CandidateResult> bestBefore) {
    Collection<CandidateResult> all = journal.trials();
    long failed = all.stream().filter(each -> !each.isDone()).count();
    Optional<CandidateResult> best = config.goal().best(all);
    if (!trial.isDone()) {
      console.say("candidate " + trial.candidate() + " failed: " + trial.failed());
    } else if (!best.equals(bestBefore)) {
      console.say("best so far: " + SweepReport.line(trial, config.goal()));
    }
    String score = best.map(each -> SweepReport.score(each, config.goal())).orElse("none yet");
    progress.step(
        String.format(
            Locale.ROOT, "%d done, %d failed, best %s", all.size() - failed, failed, score));
  }

  private SweepReport report(Collection<CandidateResult> all) throws IOException {
    // Of the last candidate, so that the same journal gives the same report.
    String day =
        Files.getLastModifiedTime(folder.resolve(Journal.FILE))
            .toInstant()
            .atZone(ZoneOffset.UTC)
            .toLocalDate()
            .toString();
    List<SweepReport.Parameter> parameters =
        config.axes().stream()
            .map(axis -> new SweepReport.Parameter(axis.name(), axis.isLog()))
            .toList();
    SweepReport report =
        new SweepReport(
            config.name(),
            parameters,
            config.goal(),
            config.candidates(),
            List.copyOf(all),
            made.withDate(day));
    report.write(folder);
    return report;
  }

  /** How to say where it stands to one who has interrupted it. */
  public String standing() {
    if (journal == null) {
      return "nothing was deleted from " + folder + " yet, the same command starts over";
    }
    return String.format(
        Locale.ROOT,
        "%d of %d candidates are in %s, the same command "
            + (force ? "without --force " : "")
            + "goes on",
        journal.trials().stream().filter(this::isAskedFor).count(),
        config.candidates(),
        folder.resolve(Journal.FILE));
  }

  @Override
  public void close() throws IOException {
    CandidateWork.forget(source);
    if (journal != null) {
      journal.close();
    }
    lock.close();
  }
}
