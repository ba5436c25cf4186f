package io.darex.bench.select;

import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.select.Answer.Measured;
import io.darex.bench.select.Answer.Row;
import io.darex.bench.task.Loss;
import io.darex.prune.Delta;
import io.darex.prune.Scale;
import io.darex.prune.delta.Origin;
import io.darex.prune.delta.Pruner;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Calibration;
import io.darex.prune.rescale.Evidence;
import io.darex.prune.rescale.FixedQ;
import io.darex.prune.rescale.Rescale;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** Finds out how one delta is best pruned. */
public final class Selector {
  private final Delta delta;
  private final Available available;
  private final Optional<Trial> trial;
  private final Measurements measurements;
  private final Settings settings;
  private final Console console;
  private final int threads = Runtime.getRuntime().availableProcessors();
  private final long start = System.nanoTime();
  private OptionalDouble tuned = OptionalDouble.empty();
  private OptionalDouble dareAtHalf = OptionalDouble.empty();

  /**
   * How thoroughly to look.
   *
   * @param columns whether whole columns are candidates too
   * @param seeds of the masks of the trial; the first is recommended
   * @param preset what is pruned at most
   * @param calibration name of the file that a recipe will read calibration texts from
   * @param origin what files record
   */
  public record Settings(
      boolean columns, List<Long> seeds, String preset, String calibration, Origin origin) {
    /** Copies the list. */
    public Settings {
      seeds = List.copyOf(seeds);
    }
  }

  /**
   * @param trial with the measure to compare by, where there are texts
   * @param calibration what texts reveal of the layers, where there are any
   */
  Selector(
      Delta delta,
      Available available,
      Optional<Trial> trial,
      Optional<Calibration> calibration,
      Settings settings,
      Console console) {
    this.delta = delta;
    this.available = available;
    this.trial = trial;
    this.settings = settings;
    this.console = console;
    measurements = Measurements.of(delta, calibration, threads);
  }

  /**
   * Answers.
   *
   * @throws BadInputException if the target cannot be met, or not without labels
   */
  public Answer select(Target target) {
    measureTuned();
    DecisionTree.Walk walk =
        DecisionTree.walk(dropRate(target), measurements, dareAtHalf, available);
    return trial.isPresent() ? tried(target, walk, trial.get()) : blind(target, walk);
  }

  /** That of DARE, which the tree is about. */
  private double dropRate(Target target) {
    try {
      return pruner(target.of(Candidate.dare().recipe())).mask().dropRate();
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--bytes: " + e.getMessage(), e);
    }
  }

  private void measureTuned() {
    if (trial.isEmpty() || trial.get().measure().isProxy()) {
      return;
    }
    double score = trial.get().measure().score(trial.get().tuned());
    tuned = OptionalDouble.of(score);
    if (score > 0) {
      Sample half =
          trial.get().first(Candidate.dare(), new Target.Rate(.5), settings.seeds().get(0));
      double pruned = trial.get().measure().score(half.bySeed().get(0));
      // Without a score it has lost all of it.
      dareAtHalf = OptionalDouble.of(Double.isNaN(pruned) ? 1 : (score - pruned) / score);
    }
  }

  private Answer blind(Target target, DecisionTree.Walk walk) {
    Candidate candidate =
        Candidate.all(available, false).stream()
            .filter(each -> each.importance() == walk.importance())
            .findFirst()
            .orElseThrow();
    List<String> remarks = new ArrayList<>();
    remarks.add(
        "Nothing was tried, for there are neither labels nor texts: this is the paper's decision"
            + " tree and no more can be told. --calibration FILE or --task makes a trial"
            + " possible.");
    if (!walk.warning().isEmpty()) {
      remarks.add(walk.warning() + ".");
    }
    remarks.add(Words.ADVICE);
    return answer(target, walk, Optional.empty(), candidate, Optional.empty(), remarks);
  }

  private Answer tried(Target target, DecisionTree.Walk walk, Trial trial) {
    Contest contest = new Contest(trial, console);
    Comparison comparison =
        contest.run(Candidate.all(available, settings.columns()), target, settings.seeds());
    boolean proxy = trial.measure().isProxy();
    Choice choice = Choice.of(comparison, walk.importance(), proxy);
    Sample chosen = comparison.samples().get(choice.sample());
    Measured measured =
        new Measured(
            trial.measure().metric(),
            proxy,
            trial.measure().size(),
            settings.seeds(),
            tuned,
            comparison.maskDeviation(),
            rows(comparison, choice),
            contest.skipped());
    Candidate candidate = chosen.candidate();
    return answer(
        target,
        walk,
        Optional.of(measured),
        candidate,
        Optional.of(chosen.scale()).filter(scale -> candidate.effort() > 0),
        Remarks.of(comparison, choice, measured, walk));
  }

  private Pruner pruner(Recipe recipe) {
    return trial
        .map(given -> given.pruner(recipe))
        .orElseGet(() -> new Pruner(recipe, delta, Evidence.none(), settings.origin(), threads));
  }

  private static List<Row> rows(Comparison comparison, Choice choice) {
    return IntStream.range(0, comparison.samples().size())
        .mapToObj(
            i -> {
              Sample sample = comparison.samples().get(i);
              return new Row(
                  sample.candidate().name(),
                  sample.dropRate(),
                  Words.q(sample.scale()),
                  comparison.mean(i),
                  Loss.WIDTH * comparison.error(i),
                  comparison.mean(choice.sample()) - comparison.mean(i),
                  i == choice.sample() ? 0 : Loss.WIDTH * comparison.error(choice.sample(), i),
                  sample.bySeed().size(),
                  sample.seconds(),
                  i == choice.sample());
            })
        .sorted(Comparator.comparingDouble((Row row) -> -row.score()))
        .toList();
  }

  private Answer answer(
      Target target,
      DecisionTree.Walk walk,
      Optional<Measured> measured,
      Candidate candidate,
      Optional<Scale> found,
      List<String> remarks) {
    Recipe sized = target.of(candidate.recipe()).withSeed(settings.seeds().get(0));
    Rescale rescale = found.<Rescale>map(FixedQ::new).orElse(sized.rescale());
    Recipe recipe =
        new Recipe(sized.pruning(), sized.budget(), rescale, sized.values(), sized.bytes());
    Pruner pruner = pruner(recipe);
    Scale scale = found.orElseGet(() -> Scale.of(pruner.find().scale().fallback()));
    return new Answer(
        target.words(),
        pruner.mask().dropRate(),
        measurements,
        walk.decisions(),
        measured,
        candidate.name(),
        RecipeText.of(recipe, scale, settings.preset(), settings.calibration()),
        remarks,
        (System.nanoTime() - start) * 1e-9);
  }
}
