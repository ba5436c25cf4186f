package io.darex.bench.sweep;

import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.darex.bench.fuzz.ReaderFuzz;
import io.darex.bench.report.CandidateResult;
import io.darex.bench.report.Goal;
import io.darex.bench.report.SweepReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sweep's configuration and journal against hostile files. */
class SweepFuzzTest {
  @TempDir private Path folder;

  @Test
  void configurations() throws IOException {
    String random = Files.readString(Path.of("..", "configs", "sweep", "lambda-penalty-cola.yml"));
    String grid =
        """
        task: cola
        finetune: {lambda: {loguniform: [1e-5, 1e-1]}, epochs: {int: [3, 5]}}
        prune: {rescale: [inverse-keep-rate, none], dropRate: {uniform: [0.5, 0.9]}, mask: [random]}
        sweep: {search: grid, points: 3, objective: [pruned, bytes], floor: 0.1, parallel: 2}
        """;
    // Thousands of candidates are allowed, and would take the time of thousands of tries.
    ReaderFuzz.run(
        folder.resolve("sweep.yml"),
        List.of(random, grid),
        file -> SweepConfig.check(file, OptionalInt.of(2)));
  }

  @Test
  void journals() throws IOException {
    Path first = Files.createDirectories(folder.resolve("first"));
    try (Journal journal = Journal.open(first, "sweep")) {
      Map<String, Double> scores =
          Map.of(CandidateResult.PRUNED, .5, CandidateResult.TUNED, .6, CandidateResult.BYTES, 9.0);
      Map<String, Double> dev = Map.of(CandidateResult.PRUNED, .5, CandidateResult.TUNED, .6);
      for (int i = 0; i < 3; i++) {
        journal.append(
            new CandidateResult(
                i, Map.of("a", DoubleNode.valueOf(i)), scores, dev, List.of("d"), null, 3, i));
      }
      journal.append(CandidateResult.failed(3, Map.of("a", TextNode.valueOf("ü")), "a reason"));
    }
    String good = Files.readString(first.resolve(Journal.FILE));
    Goal goal = new Goal(List.of(CandidateResult.PRUNED, CandidateResult.BYTES), .1);
    ReaderFuzz.run(
        folder.resolve(Journal.FILE),
        List.of(good),
        file -> {
          try (Journal journal = Journal.open(folder, "sweep")) {
            goal.front(journal.trials());
            goal.best(journal.trials()).ifPresent(best -> SweepReport.score(best, goal));
          }
        });
  }
}
