package io.darex.bench.report;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a sweep looks for.
 *
 * @param objectives one or two of the names of a {@link CandidateResult}'s scores; the first
 *     decides, of two there is a Pareto front
 * @param floor what the pruned checkpoints must reach on validation for a candidate to count
 */
public record Goal(List<String> objectives, double floor) {
  /** No file is as large. */
  private static final double BELOW_ALL = 1e15;

  /** Copies the list. */
  public Goal {
    objectives = List.copyOf(objectives);
  }

  /** Whether a larger value of an objective is the better one: of all but sizes it is. */
  public static boolean largerIsBetter(String objective) {
    return !objective.equals(CandidateResult.BYTES) && !objective.equals(CandidateResult.DELTA);
  }

  /**
   * One number to compare candidates by, the larger the better: the first objective, negated where
   * less is better. Below the floor it is below all that reach it, and the nearer the better, so
   * that a search is led there.
   *
   * @param trial one with scores
   */
  public double score(CandidateResult trial) {
    double pruned = trial.scores().get(CandidateResult.PRUNED);
    if (pruned < floor) {
      return (pruned - floor - 1) * BELOW_ALL;
    }
    return upward(trial, objectives.get(0));
  }

  /**
   * The best first: by {@link #score}, among equals by the other objective, then by what any goal
   * would rather have, a better pruned model in a smaller file, and at last the first of them. So
   * none before another is dominated by it.
   */
  public Comparator<CandidateResult> bestFirst() {
    Comparator<CandidateResult> better = Comparator.comparingDouble(this::score);
    for (String objective :
        List.of(
            objectives.get(objectives.size() - 1), CandidateResult.PRUNED, CandidateResult.BYTES)) {
      better = better.thenComparingDouble(trial -> upward(trial, objective));
    }
    return better.reversed().thenComparingInt(CandidateResult::candidate);
  }

  /** The best of them that has scores. */
  public Optional<CandidateResult> best(Collection<CandidateResult> trials) {
    return trials.stream().filter(CandidateResult::isDone).min(bestFirst());
  }

  /** Whether a trial with scores reaches the floor, where there is one. */
  public boolean reaches(CandidateResult trial) {
    return trial.scores().get(CandidateResult.PRUNED) >= floor;
  }

  /**
   * Those that none other beats in one objective without losing in the other, by the first
   * objective; of candidates that are equal in both, all.
   */
  public List<CandidateResult> front(Collection<CandidateResult> trials) {
    List<CandidateResult> done = trials.stream().filter(CandidateResult::isDone).toList();
    return done.stream()
        .filter(one -> done.stream().noneMatch(other -> dominates(other, one)))
        .sorted(bestFirst().reversed())
        .toList();
  }

  private boolean dominates(CandidateResult other, CandidateResult one) {
    boolean better = false;
    for (String objective : objectives) {
      double difference = upward(other, objective) - upward(one, objective);
      if (difference < 0) {
        return false;
      }
      better |= difference > 0;
    }
    return better;
  }

  private static double upward(CandidateResult trial, String objective) {
    double value = trial.scores().get(objective);
    return largerIsBetter(objective) ? value : -value;
  }
}
