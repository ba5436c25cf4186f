package io.darex.bench.sweep;

import com.fasterxml.jackson.databind.JsonNode;
import io.darex.bench.report.Goal;
import io.darex.bench.report.Trial;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
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
  /** Computes what a candidate comes to; throws nothing. */
  interface Evaluation {
    Trial of(int number, List<JsonNode> values);
  }

  /** Takes what a candidate came to, and the seconds it took. */
  interface Finish {
    void accept(Trial trial, double seconds);
  }

  private final Evaluation evaluation;
  private final Finish finish;
  private final Goal goal;

  CandidateTasks(Evaluation evaluation, Finish finish, Goal goal) {
    this.evaluation = evaluation;
    this.finish = finish;
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

  @SuppressWarnings("unchecked") // the values of a Space
  private OptimizationResult run(Candidate candidate) {
    long created = System.currentTimeMillis();
    long start = System.nanoTime();
    Trial trial = evaluation.of(candidate.getIndex(), (List<JsonNode>) candidate.getValue());
    finish.accept(trial, (System.nanoTime() - start) * 1e-9);
    Double score = trial.isDone() ? goal.score(trial) : null;
    CandidateInfo info =
        new CandidateInfo(
            trial.candidate(),
            trial.isDone() ? CandidateStatus.Complete : CandidateStatus.Failed,
            score,
            created,
            created,
            System.currentTimeMillis(),
            candidate.getFlatParameters(),
            trial.failed());
    return new OptimizationResult(candidate, score, trial.candidate(), null, info, null);
  }
}
