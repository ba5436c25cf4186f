package io.darex.bench.select;

import io.darex.prune.Scale;
import java.util.DoubleSummaryStatistics;
import java.util.Locale;
import java.util.stream.Collectors;

/** Numbers as results print them. */
public final class Words {
  private Words() {}

  /** One q, or the smallest and the largest. */
  public static String q(Scale scale) {
    DoubleSummaryStatistics own =
        scale.perTensor().values().stream().collect(Collectors.summarizingDouble(q -> q));
    return own.getCount() == 0
        ? number(scale.fallback())
        : number(own.getMin()) + " to " + number(own.getMax());
  }

  /** Four digits. */
  public static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
