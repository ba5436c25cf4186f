package io.darex.bench.select;

import io.darex.bench.console.Console;
import io.darex.bench.console.Progress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Candidates against one another, by successive halving: all that need no labels with one mask;
 * then searches with labels, for kinds of masks that are still in reach; then more masks for what
 * is still in reach.
 */
final class Contest {
  /** How far behind, in standard errors and at least, is out of reach. */
  private static final double ERRORS = 4;

  private static final double POINTS = .1;

  private final Trial trial;
  private final Console console;
  private final List<String> skipped = new ArrayList<>();

  /**
   * @param console is told of every candidate, in one line
   */
  Contest(Trial trial, Console console) {
    this.trial = trial;
    this.console = console;
  }

  /** Why candidates have no sample, a line each. */
  List<String> skipped() {
    return List.copyOf(skipped);
  }

  /**
   * Runs it.
   *
   * @param target how far each prunes
   * @param seeds of the masks, at least one
   */
  Comparison run(List<Candidate> candidates, Target target, List<Long> seeds) {
    try (Progress progress = console.progress("select", passes(candidates, seeds.size()))) {
      return run(candidates, target, seeds, progress);
    }
  }

  /** Passes of the texts through the model, which is what takes long, at most. */
  private static long passes(List<Candidate> candidates, int seeds) {
    return candidates.stream()
        .mapToLong(each -> each.passes() + (each.importance() ? 0 : seeds - 1))
        .sum();
  }

  private Comparison run(
      List<Candidate> candidates, Target target, List<Long> seeds, Progress progress) {
    List<Sample> samples = new ArrayList<>();
    for (Candidate candidate : candidates) {
      if (!candidate.usesLabels()) {
        add(samples, candidate, target, seeds.get(0));
        progress.add(candidate.passes());
      }
    }
    List<Boolean> inReach = inReach(samples);
    Map<String, Boolean> masks = new HashMap<>();
    for (int i = 0; i < samples.size(); i++) {
      masks.merge(samples.get(i).candidate().family(), inReach.get(i), Boolean::logicalOr);
    }
    for (Candidate candidate : candidates) {
      if (candidate.usesLabels() && masks.getOrDefault(candidate.family(), true)) {
        add(samples, candidate, target, seeds.get(0));
        progress.add(candidate.passes());
      } else if (candidate.usesLabels()) {
        progress.found(candidate.passes());
        skip(candidate, "its mask is out of reach with any other q");
      }
    }
    for (long seed : seeds.subList(1, seeds.size())) {
      inReach = inReach(samples);
      for (int i = 0; i < samples.size(); i++) {
        if (samples.get(i).drawn() && inReach.get(i)) {
          samples.set(i, trial.more(samples.get(i), target, seed));
          progress.add(1);
        }
      }
      samples.removeIf(sample -> Double.isNaN(scored(sample)));
      console.say(
          "mask seed "
              + seed
              + ": "
              + inReach.stream().filter(in -> in).count()
              + " of "
              + inReach.size()
              + " candidates in reach");
    }
    return new Comparison(samples, trial.measure());
  }

  private void add(List<Sample> samples, Candidate candidate, Target target, long seed) {
    Sample sample;
    try {
      sample = trial.first(candidate, target, seed);
    } catch (IllegalStateException | IllegalArgumentException e) {
      // No q has a score, or no file is as small.
      skip(candidate, e.getMessage());
      return;
    }
    double score = scored(sample);
    if (Double.isNaN(score)) {
      return;
    }
    samples.add(sample);
    console.say(
        String.format(
            Locale.ROOT,
            "%s at p = %s: %.4g (q %s), %.1f s",
            candidate.name(),
            sample.dropRate(),
            score,
            Words.q(sample.scale()),
            sample.seconds()));
  }

  /** The score with the last mask; NaN where there is none, and the candidate is skipped. */
  private double scored(Sample sample) {
    double score = trial.measure().score(sample.bySeed().get(sample.bySeed().size() - 1));
    if (Double.isNaN(score)) {
      skip(sample.candidate(), "the pruned model's outputs are NaN or infinite");
    }
    return score;
  }

  private void skip(Candidate candidate, String why) {
    skipped.add(candidate.name() + ": skipped, " + why);
    console.say(skipped.get(skipped.size() - 1));
  }

  private List<Boolean> inReach(List<Sample> samples) {
    if (samples.isEmpty()) {
      return List.of();
    }
    Comparison comparison = new Comparison(samples, trial.measure());
    int best = comparison.best();
    double top = comparison.mean(best);
    double least = trial.measure().isProxy() ? POINTS * Math.abs(top) : POINTS;
    List<Boolean> inReach = new ArrayList<>();
    for (int i = 0; i < samples.size(); i++) {
      double behind = top - comparison.mean(i);
      inReach.add(behind <= Math.max(least, ERRORS * comparison.error(best, i)));
    }
    return inReach;
  }
}
