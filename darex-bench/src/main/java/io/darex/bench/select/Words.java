package io.darex.bench.select;

import io.darex.prune.Scale;
import java.util.DoubleSummaryStatistics;
import java.util.Locale;
import java.util.stream.Collectors;

/** Numbers as results print them. */
public final class Words {
  /** What to do with a delta, in one sentence. */
  public static final String ADVICE =
      "darex prune keeps signs of the largest entries at 1 % of the dense size; darex select finds"
          + " the smallest file for your task.";

  private Words() {}

  /** One q, or the smallest and the largest. */
  public static String q(Scale scale) {
    DoubleSummaryStatistics own =
        scale.perTensor().values().stream().collect(Collectors.summarizingDouble(q -> q));
    return own.getCount() == 0
        ? number(scale.fallback())
        : number(own.getMin()) + " to " + number(own.getMax());
  }

  /** How the interval of a trial takes the masks into account, which takes several of them. */
  public static String masks(Answer.Measured measured) {
    return measured.seeds().size() < 2
        ? "masks not at all, as there is one seed"
        : String.format(
            Locale.ROOT,
            "masks by a normal interval from their pooled standard deviation %.2g over %d seeds",
            measured.maskDeviation(),
            measured.seeds().size());
  }

  /** Four digits. */
  public static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
