package io.darex.prune.rescale;

import io.darex.prune.Mask;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import java.util.Map;
import java.util.TreeMap;

/** What one q for all means where tensors have keep rates of their own. */
final class KeepRates {
  private KeepRates() {}

  /**
   * The q of a tensor that is as far above its keep rate as {@code q} is above {@code keepRate}:
   * q·rate/keepRate, at most 1. With the same rate it is {@code q} itself, with q = keepRate the
   * tensor's own rate, both without rounding.
   */
  static double carried(double q, double keepRate, double rate) {
    return rate == keepRate ? q : Math.min(1, rate * (q / keepRate));
  }

  /** One q for all tensors, each of which has its share of it. */
  static Scale scale(SparseDelta pruned, double q) {
    Mask mask = pruned.mask();
    Map<String, Double> perTensor = new TreeMap<>();
    for (String name : pruned.kept().keySet()) {
      double rate = mask.keepRate(name);
      if (rate != mask.keepRate()) {
        perTensor.put(name, carried(q, mask.keepRate(), rate));
      }
    }
    return new Scale(q, perTensor);
  }
}
