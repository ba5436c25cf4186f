package io.darex.bench.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.console.BadInputException;
import io.darex.bench.report.CandidateResult;
import io.darex.bench.report.Goal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.arbiter.optimize.api.Candidate;
import org.deeplearning4j.arbiter.optimize.api.OptimizationResult;
import org.deeplearning4j.arbiter.optimize.runner.CandidateStatus;
import org.junit.jupiter.api.Test;

class CandidateTasksTest {
  private final List<CandidateResult> finished = new ArrayList<>();
  private final List<Exception> abandoned = new ArrayList<>();

  private OptimizationResult run(CandidateTasks.Evaluation evaluation) throws Exception {
    CandidateTasks tasks =
        new CandidateTasks(
            evaluation,
            (trial, seconds) -> finished.add(trial),
            abandoned::add,
            new Goal(List.of(CandidateResult.PRUNED), Double.NEGATIVE_INFINITY));
    Candidate<List<?>> candidate = new Candidate<>(List.of(), 3, new double[0], Map.of(), null);
    return tasks.create(candidate, null, null, null, List.of(), null).call();
  }

  @Test
  void aFailedCandidateIsFinishedAndTheSweepGoesOn() throws Exception {
    OptimizationResult result =
        run((number, values) -> CandidateResult.failed(number, Map.of(), "why"));

    assertThat(finished).extracting(CandidateResult::candidate).containsExactly(3);
    assertThat(abandoned).isEmpty();
    assertThat(result.getCandidateInfo().getCandidateStatus()).isEqualTo(CandidateStatus.Failed);
  }

  /**
   * What Arbiter would swallow, and no journal have: a disk that is full, a worker without data.
   */
  @Test
  void whateverElseGoesWrongEndsTheSweep() throws Exception {
    IOException full = new IOException("the disk is full");
    BadInputException missing = new BadInputException("on a worker: no such file");
    run(
        (number, values) -> {
          throw full;
        });
    run(
        (number, values) -> {
          throw missing;
        });

    assertThat(abandoned).containsExactly(full, missing);
    assertThat(finished).isEmpty();
  }
}
