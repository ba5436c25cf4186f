package io.darex.bench.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.darex.bench.report.CandidateResult;
import io.darex.bench.report.Goal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import org.deeplearning4j.arbiter.optimize.api.Candidate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Candidates do not depend on who finishes first, nor on where a sweep was broken off. */
class ProposalsTest {
  private static final int COUNT = 40;
  private static final int PARALLEL = 3;

  @TempDir private Path folder;

  private SweepConfig genetic(String bounds) throws IOException {
    String yaml =
        "task: cola\nfinetune: {lambda: {loguniform: [1e-6, 1e-1]}, learningRate: {loguniform:"
            + " [1e-6, 1e-2]}}\nsweep: {search: genetic, candidates: 40, "
            + bounds
            + "seed: 5, parallel: 3}\n";
    return SweepConfig.read(
        Files.writeString(folder.resolve("genetic.yml"), yaml), OptionalInt.of(4));
  }

  /** Best where λ is 1e-3 and the rate 1e-4. */
  private static double quality(List<JsonNode> values) {
    double lambda = Math.log10(values.get(0).doubleValue()) + 3;
    double rate = Math.log10(values.get(1).doubleValue()) + 4;
    return -lambda * lambda - rate * rate;
  }

  /** Runs with finishes in an order of its own, and a new process after every so many. */
  @SuppressWarnings("unchecked")
  private Map<Integer, List<JsonNode>> search(SweepConfig config, long order, int restartAfter)
      throws IOException {
    Random random = new Random(order);
    Map<Integer, List<JsonNode>> tried = new TreeMap<>();
    Path out = folder.resolve("order-" + order);
    boolean ended = false;
    while (!ended) {
      try (Journal journal = Journal.open(out, config.digest())) {
        Goal goal = config.goal();
        Proposals proposals =
            new Proposals(config.generator(), config.candidates(), PARALLEL, goal, journal);
        List<Candidate<?>> running = new ArrayList<>();
        for (int finished = 0; finished < restartAfter && !ended; finished++) {
          while (running.size() < PARALLEL && proposals.hasMoreCandidates()) {
            running.add(proposals.getCandidate());
          }
          ended = running.isEmpty() && proposals.ended();
          if (!running.isEmpty()) {
            Candidate<?> done = running.remove(random.nextInt(running.size()));
            List<JsonNode> values = (List<JsonNode>) done.getValue();
            tried.put(done.getIndex(), values);
            journal.append(trial(config, done.getIndex(), values));
          }
        }
      }
    }
    return tried;
  }

  /** Every seventh fails: a search must go on without it. */
  private static CandidateResult trial(SweepConfig config, int number, List<JsonNode> values) {
    Map<String, JsonNode> named = config.named(values);
    return number % 7 == 6
        ? CandidateResult.failed(number, named, "seventh")
        : new CandidateResult(
            number,
            named,
            Map.of(
                CandidateResult.PRUNED,
                quality(values),
                CandidateResult.TUNED,
                1.0,
                CandidateResult.BYTES,
                1.0),
            Map.of(CandidateResult.PRUNED, 1.0, CandidateResult.TUNED, 1.0),
            null,
            null,
            1,
            number);
  }

  @Test
  void aGeneticSearchIsTheSameInAnyOrderAndAfterAnyInterruption() throws IOException {
    SweepConfig config = genetic("");
    Map<Integer, List<JsonNode>> straight = search(config, 0, Integer.MAX_VALUE);

    assertThat(straight).hasSize(COUNT);
    for (long order = 1; order <= 5; order++) {
      assertThat(search(config, order, 3 + (int) order)).as("order " + order).isEqualTo(straight);
    }
  }

  @Test
  void aGeneticSearchComesNearerThanItsRandomBeginning() throws IOException {
    Map<Integer, List<JsonNode>> tried = search(genetic(""), 0, Integer.MAX_VALUE);
    List<Double> quality = tried.values().stream().map(ProposalsTest::quality).toList();

    double first = quality.subList(0, 10).stream().mapToDouble(x -> x).average().orElseThrow();
    double last = quality.subList(30, 40).stream().mapToDouble(x -> x).average().orElseThrow();
    assertThat(last).isGreaterThan(first + 1);
  }

  @Test
  void patienceCountsByNumberUpToTheFirstUnfinished() throws IOException {
    SweepConfig config = genetic("patience: 3, ");
    List<CandidateResult> trials = new ArrayList<>();
    double[] scores = {1, 5, 2, 3};
    for (int i = 0; i < scores.length; i++) {
      trials.add(
          new CandidateResult(
              i, Map.of(), Map.of(CandidateResult.PRUNED, scores[i]), null, null, null, 1, i));
    }

    assertThat(Sweep.isStale(config, trials)).isFalse();
    trials.add(CandidateResult.failed(5, Map.of(), "why"));
    assertThat(Sweep.isStale(config, trials)).as("4 is not finished").isFalse();
    trials.add(4, CandidateResult.failed(4, Map.of(), "why"));
    assertThat(Sweep.isStale(config, trials)).isTrue();
  }
}
