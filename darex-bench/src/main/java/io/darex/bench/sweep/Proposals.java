package io.darex.bench.sweep;

import io.darex.bench.report.CandidateResult;
import io.darex.bench.report.Goal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.arbiter.optimize.api.Candidate;
import org.deeplearning4j.arbiter.optimize.api.CandidateGenerator;
import org.deeplearning4j.arbiter.optimize.api.OptimizationResult;
import org.deeplearning4j.arbiter.optimize.api.ParameterSpace;

/**
 * The candidates of one of Arbiter's generators that are still to be tried: exactly so many, and
 * none that the journal has.
 *
 * <p>A generator that learns is told results in the order of the candidates, and before it makes
 * candidate i exactly those up to i − lag. So what candidate i is depends on seed and lag, not on
 * which of several at the same time is done first, nor on where a sweep was broken off. The price
 * is that a fast candidate may wait for a slow one before it.
 */
@SuppressWarnings("rawtypes") // as Arbiter declares its interfaces
final class Proposals implements CandidateGenerator {
  private final CandidateGenerator generator;
  private final int count;
  private final int lag;
  private final Goal goal;
  private final Journal journal;
  private final List<Candidate> made = new ArrayList<>();
  private Candidate next;
  private int told;
  private boolean exhausted;

  /**
   * @param generator at its beginning
   * @param count how many candidates there are in all, at most
   * @param lag how many candidates are made after one before its result is waited for
   */
  Proposals(CandidateGenerator generator, int count, int lag, Goal goal, Journal journal) {
    this.generator = generator;
    this.count = count;
    this.lag = lag;
    this.goal = goal;
    this.journal = journal;
  }

  /** Whether there is one now; there may be later, until {@link #ended}. */
  @Override
  public synchronized boolean hasMoreCandidates() {
    while (next == null && !ended()) {
      if (!tell(made.size() - lag)) {
        return false;
      }
      Candidate candidate = generator.hasMoreCandidates() ? generator.getCandidate() : null;
      // An exception says that a genetic search finds nothing new any more.
      if (candidate == null || candidate.getException() != null) {
        exhausted = true;
      } else {
        made.add(candidate);
        if (journal.trial(candidate.getIndex()).isEmpty()) {
          next = candidate;
        }
      }
    }
    return next != null;
  }

  /** Tells the results up to a candidate, as far as there are; whether there were all of them. */
  private boolean tell(int last) {
    for (; told <= last; told++) {
      Optional<CandidateResult> trial = journal.trial(told);
      if (trial.isEmpty()) {
        return false;
      }
      if (trial.get().isDone()) {
        double score = goal.score(trial.get());
        generator.reportResults(
            new OptimizationResult(made.get(told), score, told, null, null, null));
      }
    }
    return true;
  }

  /** Whether there will be none any more. */
  synchronized boolean ended() {
    return next == null && (exhausted || made.size() == count);
  }

  @Override
  public synchronized Candidate getCandidate() {
    Candidate candidate = next;
    next = null;
    return candidate;
  }

  /** Nothing: the journal knows. */
  @Override
  public void reportResults(OptimizationResult result) {}

  @Override
  public ParameterSpace<?> getParameterSpace() {
    return generator.getParameterSpace();
  }

  @Override
  public void setRngSeed(long seed) {
    throw new UnsupportedOperationException("the generator is seeded");
  }

  @Override
  public Class<?> getCandidateType() {
    return List.class;
  }
}
