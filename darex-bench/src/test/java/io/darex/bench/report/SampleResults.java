package io.darex.bench.report;

import io.darex.bench.report.Results.Cell;
import io.darex.bench.report.Results.Cost;
import io.darex.bench.report.Results.Epoch;
import io.darex.bench.report.Results.Score;
import io.darex.prune.rescale.Point;
import java.util.List;
import java.util.Map;

/** A run with two methods and two seeds, as reports are tested with it. */
final class SampleResults {
  static final List<Point> SEARCHED =
      List.of(new Point(0.1, 0.4), new Point(1, Double.NaN), new Point(0.3, 0.5));
  static final Results RESULTS =
      Results.builder()
          .job("job")
          .version("1.0")
          .task("a<b")
          .encoder("minilm-l6")
          .optimizer("adamr-l2")
          .training(List.of(new Epoch(1, 0.7, 0.25, 1.5e-4, 12, 6000)))
          .plannedEpochs(3)
          .tuned(new Score("accuracy", 0.8, 0.75))
          .base(new Score("accuracy", 0.5, 0.45))
          .baselines(Map.of("majority", new Score("accuracy", 0.51, 0.52)))
          .cells(
              List.of(
                  cell("inverse-keep-rate", 0.1, List.of(), 0, 0.6),
                  cell("inverse-keep-rate", 0.1, List.of(), 1, 0.7),
                  cell("q-labelled", 0.3, SEARCHED, 0, 0.75),
                  cell("q-labelled", 0.3, SEARCHED, 1, 0.75)))
          .build();

  private SampleResults() {}

  static Cell cell(String rescale, double q, List<Point> searched, long seed, double value) {
    boolean found = searched.isEmpty();
    return Cell.builder()
        .dropRate(0.9)
        .method(rescale)
        .recipe(Map.of("mask", "random", "rescale", rescale))
        .q(q)
        .qRange(List.of())
        .searched(searched)
        .cost(found ? Cost.NOTHING : new Cost(30, 1.5))
        .seed(seed)
        .metric("accuracy")
        .value(value)
        .validation(value)
        .bytes(2000)
        .denseBytes(100_000)
        .file("x")
        .build();
  }
}
