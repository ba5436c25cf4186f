package io.darex.bench.select;

import io.darex.bench.console.BadInputException;
import io.darex.bench.select.Answer.Measured;
import io.darex.bench.select.Answer.Row;
import io.darex.bench.select.Answer.Rung;
import io.darex.prune.Delta;
import io.darex.prune.Scale;
import io.darex.prune.rescale.Calibration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Finds out how one delta is best pruned. */
public final class Selector {
  private final Delta delta;
  private final Available available;
  private final Optional<Trial> trial;
  private final Measurements measurements;
  private final Settings settings;
  private final Consumer<String> say;
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
   */
  public record Settings(boolean columns, List<Long> seeds, String preset, String calibration) {
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
      Consumer<String> say) {
    this.delta = delta;
    this.available = available;
    this.trial = trial;
    this.settings = settings;
    this.say = say;
    int threads = Runtime.getRuntime().availableProcessors();
    measurements = Measurements.of(delta, calibration, threads);
  }

  /**
   * Answers.
   *
   * @throws BadInputException if the target cannot be met, or not without labels
   */
  public Answer select(Target target) {
    measureTuned();
    if (target instanceof Target.Rate rate) {
      return at("drop rate " + rate.dropRate(), mask -> rate.dropRate(), List.of());
    }
    if (target instanceof Target.Bytes size) {
      return at(
          "a file of at most " + size.bytes() + " bytes",
          mask -> Target.rateFor(delta, mask, size.bytes()),
          List.of());
    }
    return tolerating(((Target.Tolerance) target).loss());
  }

  private void measureTuned() {
    if (trial.isEmpty() || trial.get().measure().isProxy()) {
      return;
    }
    double score = trial.get().tuned();
    tuned = OptionalDouble.of(score);
    if (score > 0) {
      Candidate dare = Candidate.all(available, false).get(0);
      Sample half = trial.get().first(dare, .5, settings.seeds().get(0));
      double pruned = trial.get().measure().score(half.bySeed().get(0));
      // Without a score it has lost all of it.
      dareAtHalf = OptionalDouble.of(Double.isNaN(pruned) ? 1 : (score - pruned) / score);
    }
  }

  /** The largest rate of the ladder that loses no more, by bisection. */
  private Answer tolerating(double loss) {
    if (tuned.isEmpty()) {
      throw new BadInputException(
          "--tolerance: expected --task, for a loss of metric is measured on its labels, got"
              + " none");
    }
    String target = "a loss of at most " + loss;
    List<Double> ladder = Target.Tolerance.LADDER;
    List<Rung> rungs = new ArrayList<>();
    Optional<Answer> found = Optional.empty();
    int low = 0;
    int high = ladder.size() - 1;
    while (low <= high) {
      int middle = (low + high + 1) / 2;
      double rate = ladder.get(middle);
      Answer answer = at(target, mask -> rate, rungs);
      Rung rung = answer.trial().orElseThrow().rungs().get(rungs.size());
      rungs.add(rung);
      if (rung.loss() <= loss) {
        found = Optional.of(answer);
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    Answer answer =
        found.orElseThrow(
            () ->
                new BadInputException(
                    "--tolerance: expected a loss that a drop rate of "
                        + ladder.get(0)
                        + " keeps, which loses "
                        + Words.number(rungs.get(rungs.size() - 1).loss())
                        + ", got "
                        + loss));
    return answer.with(rungs, seconds());
  }

  private Answer at(String target, ToDoubleFunction<String> dropRate, List<Rung> rungs) {
    DecisionTree.Walk walk =
        DecisionTree.walk(dropRate.applyAsDouble("random"), measurements, dareAtHalf, available);
    return trial.isPresent()
        ? tried(target, dropRate, walk, trial.get(), rungs)
        : blind(target, dropRate, walk);
  }

  private Answer blind(String target, ToDoubleFunction<String> dropRate, DecisionTree.Walk walk) {
    Candidate candidate =
        Candidate.all(available, false).stream()
            .filter(each -> each.importance() == walk.importance())
            .findFirst()
            .orElseThrow();
    double rate = dropRate.applyAsDouble(candidate.mask());
    List<String> remarks = new ArrayList<>();
    remarks.add(
        "Nothing was tried, for there are neither labels nor texts: this is the paper's decision"
            + " tree and no more can be told. --calibration FILE or --task makes a trial"
            + " possible.");
    if (!walk.warning().isEmpty()) {
      remarks.add(walk.warning() + ".");
    }
    Scale scale = Scale.of(candidate.importance() ? 1 : 1 - rate);
    return answer(target, rate, walk, Optional.empty(), candidate, scale, remarks);
  }

  private Answer tried(
      String target,
      ToDoubleFunction<String> dropRate,
      DecisionTree.Walk walk,
      Trial trial,
      List<Rung> before) {
    Contest contest = new Contest(trial, say);
    Comparison comparison =
        contest.run(Candidate.all(available, settings.columns()), dropRate, settings.seeds());
    boolean proxy = trial.measure().isProxy();
    Choice choice = Choice.of(comparison, walk.importance(), proxy);
    Sample chosen = comparison.samples().get(choice.sample());
    List<Rung> rungs = new ArrayList<>(before);
    tuned.ifPresent(
        score ->
            rungs.add(
                new Rung(
                    chosen.dropRate(),
                    chosen.candidate().name(),
                    score - comparison.mean(choice.sample()))));
    Measured measured =
        new Measured(
            trial.measure().metric(),
            proxy,
            trial.measure().size(),
            settings.seeds(),
            tuned,
            comparison.maskDeviation(),
            rows(comparison, choice),
            contest.skipped(),
            rungs);
    return answer(
        target,
        chosen.dropRate(),
        walk,
        Optional.of(measured),
        chosen.candidate(),
        chosen.scale(),
        Remarks.of(comparison, choice, measured, walk));
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
                  Comparison.WIDTH * comparison.error(i),
                  comparison.mean(choice.sample()) - comparison.mean(i),
                  i == choice.sample()
                      ? 0
                      : Comparison.WIDTH * comparison.error(choice.sample(), i),
                  sample.bySeed().size(),
                  sample.seconds(),
                  i == choice.sample());
            })
        .sorted(Comparator.comparingDouble((Row row) -> -row.score()))
        .toList();
  }

  private Answer answer(
      String target,
      double dropRate,
      DecisionTree.Walk walk,
      Optional<Measured> measured,
      Candidate candidate,
      Scale scale,
      List<String> remarks) {
    boolean drawn = !candidate.importance();
    RecipeText recipe =
        RecipeText.of(
            candidate,
            dropRate,
            scale,
            drawn,
            settings.seeds().get(0),
            settings.preset(),
            settings.calibration());
    return new Answer(
        target,
        dropRate,
        measurements,
        walk.decisions(),
        measured,
        candidate.name(),
        recipe,
        remarks,
        seconds());
  }

  private double seconds() {
    return (System.nanoTime() - start) * 1e-9;
  }
}
