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
        new Results(
            "job",
            "1.0",
            "cola",
            "minilm-l6",
            "adam",
            List.of(new Epoch(1, 0.7, 0.25, 1.5e-4, 12, 6000)),
            3,
            score,
            score,
            Map.of("majority", score),
            List.of(
                new Cell(
                    0.9,
                    "q-labelled",
                    recipe,
                    0.1,
                    List.of(0.1, 0.2),
                    List.of(new Point(0.1, 2.0, 0.4)),
                    new Cost(3, 1.5),
                    0,
                    "accuracy",
                    0.7,
                    0.7,
                    2000,
                    100_000,
                    "deltas/x.safetensors")));
    ReaderFuzz.run(
        folder.resolve("results.json"),
        List.of(good.toJson()),
        file -> {
          Results read = Results.read(file);
          List<Row> rows = Row.of(read.cells());
          Sentences.head(read, rows);
          Trial.done(0, Map.of(), List.of(read, read));
        });
  }
}
