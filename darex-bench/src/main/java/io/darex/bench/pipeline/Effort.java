package io.darex.bench.pipeline;

import io.darex.bench.calibration.Calibrator;
import io.darex.bench.report.Results.Cost;

/** Counts what the finding of one q takes, from when it is made. */
final class Effort {
  private final long start = System.nanoTime();
  private final Calibrator calibrator;
  private final long before;
  private long labelled;

  Effort(Calibrator calibrator) {
    this.calibrator = calibrator;
    before = calibrator.passes();
  }

  /** So many labelled texts went forward, besides those of the calibration. */
  void forward(int texts) {
    labelled += texts;
  }

  /** What it has been so far. */
  Cost cost() {
    return new Cost(labelled + calibrator.passes() - before, (System.nanoTime() - start) * 1e-9);
  }
}
