package io.darex.bench.pipeline;

import io.darex.bench.report.Results.Cost;

/** Counts what the finding of one q takes, from when it is made. */
final class Effort {
  private final long start = System.nanoTime();
  private long forwards;
  private long backwards;

  /** So many texts went forward. */
  void forward(int texts) {
    forwards += texts;
  }

  /** So many texts went backward. */
  void backward(int texts) {
    backwards += texts;
  }

  /** What it has been so far. */
  Cost cost() {
    return new Cost(forwards, backwards, (System.nanoTime() - start) * 1e-9);
  }
}
