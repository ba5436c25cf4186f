package io.darex.bench.report;

import io.darex.bench.fuzz.ReaderFuzz;
import io.darex.bench.report.Results.Cell;
import io.darex.bench.report.Results.Cost;
import io.darex.bench.report.Results.Epoch;
import io.darex.bench.report.Results.Score;
import io.darex.prune.rescale.Point;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The results of an earlier run against hostile files; what is read is reported without pictures.
 */
class ResultsFuzzTest {
  @TempDir private Path folder;

  @Test
  void results() throws IOException {
    Score score = new Score("accuracy", 0.8, Double.NaN);
    Map<String, Object> recipe = Map.of("mask", "random", "rescale", "q-labelled");
    Results good =
        Results.builder()
            .job("job")
            .version("1.0")
            .task("cola")
            .encoder("minilm-l6")
            .optimizer("adam")
            .training(List.of(new Epoch(1, 0.7, 0.25, 1.5e-4, 12, 6000)))
            .plannedEpochs(3)
            .tuned(score)
            .base(score)
            .baselines(Map.of("majority", score))
            .cells(
                List.of(
                    Cell.builder()
                        .dropRate(0.9)
                        .method("q-labelled")
                        .recipe(recipe)
                        .q(0.1)
                        .qRange(List.of(0.1, 0.2))
                        .searched(List.of(new Point(0.1, 2.0, 0.4)))
                        .cost(new Cost(3, 1.5))
                        .seed(0)
                        .metric("accuracy")
                        .value(0.7)
                        .validation(0.7)
                        .bytes(2000)
                        .denseBytes(100_000)
                        .file("deltas/x.safetensors")
                        .build()))
            .build();
    ReaderFuzz.run(
        folder.resolve("results.json"),
        List.of(good.toJson()),
        file -> {
          Results read = Results.read(file);
          List<Row> rows = Row.of(read.cells());
          Sentences.head(read, rows);
          CandidateResult.done(0, Map.of(), List.of(read, read));
        });
  }
}
