package io.darex.bench.sweep;

import com.fasterxml.jackson.databind.JsonNode;
import io.darex.bench.report.CandidateResult;
import io.darex.bench.report.Goal;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.deeplearning4j.arbiter.optimize.api.Candidate;
import org.deeplearning4j.arbiter.optimize.api.OptimizationResult;
import org.deeplearning4j.arbiter.optimize.api.TaskCreator;
import org.deeplearning4j.arbiter.optimize.api.data.DataProvider;
import org.deeplearning4j.arbiter.optimize.api.data.DataSource;
import org.deeplearning4j.arbiter.optimize.api.score.ScoreFunction;
import org.deeplearning4j.arbiter.optimize.runner.CandidateInfo;
import org.deeplearning4j.arbiter.optimize.runner.CandidateStatus;
import org.deeplearning4j.arbiter.optimize.runner.IOptimizationRunner;
import org.deeplearning4j.arbiter.optimize.runner.listener.StatusListener;

/**
 * What Arbiter runs: the evaluation of a candidate, and the word that it is finished, which Arbiter
 * leaves to the task to give.
 */
@SuppressWarnings("rawtypes") // as Arbiter declares its interfaces
final class CandidateTasks implements TaskCreator {
  /** Computes what a candidate comes to. */
  interface Evaluation {
    /**
     * One candidate.
     *
     * @throws IOException where it is not the candidate's fault that it comes to nothing; nor is it
     *     where anything else is thrown
     */
    CandidateResult of(int number, List<JsonNode> values) throws IOException;
  }

  /** Takes what a candidate came to, and the seconds it took. */
  interface Finish {
    void accept(CandidateResult trial, double seconds) throws IOException;
  }

  private final Evaluation evaluation;
  private final Finish finish;
  private final Consumer<Exception> abandon;
  private final Goal goal;

  /**
   * @param abandon is told why the sweep cannot go on: a disk is full
   */
  CandidateTasks(Evaluation evaluation, Finish finish, Consumer<Exception> abandon, Goal goal) {
    this.evaluation = evaluation;
    this.finish = finish;
    this.abandon = abandon;
    this.goal = goal;
  }

  @Override
  @Deprecated
  public Callable<OptimizationResult> create(
      Candidate candidate,
      DataProvider data,
      ScoreFunction score,
      List<StatusListener> listeners,
      IOptimizationRunner runner) {
    return () -> run(candidate);
  }

  @Override
  public Callable<OptimizationResult> create(
      Candidate candidate,
      Class<? extends DataSource> data,
      Properties properties,
      ScoreFunction score,
      List<StatusListener> listeners,
      IOptimizationRunner runner) {
    return () -> run(candidate);
  }

  private OptimizationResult run(Candidate candidate) {
    long created = System.currentTimeMillis();
    Optional<CandidateResult> trial = finish(candidate).filter(CandidateResult::isDone);
    Double score = trial.map(goal::score).orElse(null);
    CandidateInfo info =
        new CandidateInfo(
            candidate.getIndex(),
            trial.isPresent() ? CandidateStatus.Complete : CandidateStatus.Failed,
            score,
            created,
            created,
            System.currentTimeMillis(),
            candidate.getFlatParameters(),
            null);
    return new OptimizationResult(candidate, score, candidate.getIndex(), null, info, null);
  }

  /** Empty where the sweep cannot go on, which Arbiter would not hear of by an exception. */
  @SuppressWarnings("unchecked") // the values of a Space
  private Optional<CandidateResult> finish(Candidate candidate) {
    try {
      long start = System.nanoTime();
      CandidateResult trial =
          evaluation.of(candidate.getIndex(), (List<JsonNode>) candidate.getValue());
      finish.accept(trial, (System.nanoTime() - start) * 1e-9);
      return Optional.of(trial);
    } catch (IOException | RuntimeException e) {
      abandon.accept(e);
      return Optional.empty();
    }
  }
}
