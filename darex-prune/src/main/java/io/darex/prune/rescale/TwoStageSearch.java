package io.darex.prune.rescale;

import java.util.Map;

/**
 * The search of the paper's code (METHOD.md §3), for comparison with it: {@code arange(from, to +
 * step, step)}, then {@code arange(max(from + step/10, best − 0.9·step), best + step, step/10)};
 * each ends after 4 points in a row that are worse than its best. So it may try points up to two
 * steps beyond {@code to}; those above 1 are left out, and no point is tried twice.
 *
 * @param step of the first stage, in (0, 1]
 */
public record TwoStageSearch(double step) implements QSearch {
  static final String NAME = "two-stage";

  /** With the step of the paper's code. */
  public static final TwoStageSearch DEFAULT = new TwoStageSearch(0.05);

  private static final int FINER = 10;
  private static final int PATIENCE = 4;

  /** Checks the step. */
  public TwoStageSearch {
    if (!(step > 0 && step <= 1)) {
      throw new IllegalArgumentException("step must be in (0, 1], got " + step);
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Map<String, Object> parameters() {
    return Map.of("step", step);
  }

  @Override
  public double tolerance() {
    return 0;
  }

  @Override
  public void run(double from, double to, Trials trials) {
    double best = scan(from, to + step, step, trials);
    if (!Double.isNaN(best)) {
      double finer = step / FINER;
      scan(Math.max(from + finer, best - (FINER - 1) * finer), best + step, finer, trials);
    }
  }

  /**
   * Tries {@code arange(start, end, width)}.
   *
   * @return the first of the best; NaN if none has a score
   */
  private static double scan(double start, double end, double width, Trials trials) {
    double best = Double.NaN;
    double top = Double.NEGATIVE_INFINITY;
    int worse = 0;
    long count = (long) Math.ceil((end - start) / width);
    for (long i = 0; i < count && worse < PATIENCE; i++) {
      double q = trials.near(start + i * width, width / 1000);
      if (q > 1) {
        return best;
      }
      double score = trials.score(q);
      if (score >= top) {
        best = score > top ? q : best;
        top = score;
        worse = 0;
      } else if (score < top) {
        worse++;
      }
    }
    return best;
  }
}
