package io.darex.prune;

import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The q of every tensor: kept delta entries are divided by it (docs/METHOD.md §1.1). However it was
 * found, a rescale ends as one of these.
 *
 * @param fallback q of every tensor that has none of its own, in (0, 1]
 * @param perTensor q by tensor name, each in (0, 1]
 */
public record Scale(double fallback, Map<String, Double> perTensor) {
  /** Copies the map and checks every q. */
  public Scale {
    // In name order, so that it reads the same in every process.
    perTensor = Collections.unmodifiableMap(new TreeMap<>(perTensor));
    check(fallback, "every tensor");
    perTensor.forEach((name, q) -> check(q, name));
  }

  /** One q for every tensor. */
  public static Scale of(double q) {
    return new Scale(q, Map.of());
  }

  /**
   * That of DARE: the share of each tensor that a mask keeps (docs/METHOD.md §2.1).
   *
   * @param names the tuned names of the pruned tensors
   */
  public static Scale inverseKeepRate(Mask mask, Collection<String> names) {
    Map<String, Double> perTensor = new TreeMap<>();
    for (String name : names) {
      double keepRate = mask.keepRate(name);
      if (keepRate != mask.keepRate()) {
        perTensor.put(name, keepRate);
      }
    }
    return new Scale(mask.keepRate(), perTensor);
  }

  /** The q of the tensor called {@code name}. */
  public double q(String name) {
    return perTensor.getOrDefault(name, fallback);
  }

  private static void check(double q, String where) {
    if (!(q > 0 && q <= 1)) {
      throw new IllegalArgumentException("q must be in (0, 1], got " + q + " for " + where);
    }
  }
}
