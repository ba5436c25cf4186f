package io.darex.bench.select;

import io.darex.bench.task.Loss;
import io.darex.prune.Values;
import java.util.Locale;

/**
 * A size, and what a file of it loses.
 *
 * @param values how the kept values are stored
 * @param kilobytes the size
 * @param q that of its recipe
 * @param loss of the metric
 */
record Attempt(Values values, long kilobytes, double q, Loss loss) {
  /** Mask and stored values. */
  String name() {
    return "magnitude " + values.name().toLowerCase(Locale.ROOT);
  }

  /** As a result shows it. */
  Smallest.Step step(double tolerance) {
    return new Smallest.Step(
        kilobytes * SizeTrial.KILOBYTE,
        name(),
        q,
        loss.mean(),
        loss.width(),
        loss.sure(tolerance),
        loss.mean() <= tolerance);
  }
}
