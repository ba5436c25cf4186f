package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.Scale;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which pruned tensors share a shrinkage; the arrays hold one for each group. */
final class Groups {
  private final Map<String, Integer> numbers = new TreeMap<>();
  private final Shrinkages rates;
  private final int count;

  /**
   * Every layer, with its bias, is a group, and all other tensors are group 0.
   *
   * @param layers may be none
   */
  Groups(Delta delta, List<PrunedLayer> layers, Shrinkages rates) {
    delta.pairs().keySet().forEach(name -> numbers.put(name, 0));
    for (int i = 0; i < layers.size(); i++) {
      int group = i + 1;
      numbers.put(layers.get(i).weight(), group);
      layers.get(i).bias().ifPresent(bias -> numbers.put(bias, group));
    }
    this.rates = rates;
    this.count = 1 + layers.size();
  }

  /** How many there are. */
  int count() {
    return count;
  }

  /** The group of a pruned tensor. */
  int of(String name) {
    return numbers.get(name);
  }

  /** The smallest shrinkages, where every q of a group is 1. */
  double[] least() {
    double[] least = new double[count];
    Arrays.fill(least, 1);
    numbers.forEach((name, group) -> least[group] = Math.min(least[group], rates.of(name)));
    return least;
  }

  /** The shrinkages that give a scale in which each group has but one. */
  double[] shrinkages(Scale scale) {
    double[] shrinkages = least();
    numbers.forEach(
        (name, group) ->
            shrinkages[group] =
                Math.max(shrinkages[group], Math.min(1, rates.of(name) / scale.q(name))));
    return shrinkages;
  }

  /** The q's that shrinkages give. */
  Scale scale(double[] shrinkages) {
    return count == 1
        ? rates.scale(shrinkages[0])
        : rates.scale(shrinkages[0], name -> shrinkages[of(name)]);
  }
}
