package io.darex.bench.select;

import io.darex.prune.Scale;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lombok.With;

/**
 * What a trial saw of a candidate.
 *
 * @param candidate what was tried
 * @param dropRate at which
 * @param scales the q's that each half of the texts was scored with: one where they were not found
 *     by labels, else for each half those that the other half found
 * @param bySeed the numbers of all texts, for every mask seed; one where nothing is drawn
 * @param drawn whether the mask differs from seed to seed
 * @param seconds what finding the q's took
 */
@With
record Sample(
    Candidate candidate,
    double dropRate,
    List<Scale> scales,
    List<double[]> bySeed,
    boolean drawn,
    double seconds) {
  /** Copies the lists. */
  Sample {
    scales = List.copyOf(scales);
    bySeed = List.copyOf(bySeed);
  }

  /** The same with what another mask gave. */
  Sample plus(double[] numbers) {
    List<double[]> more = new ArrayList<>(bySeed);
    more.add(numbers);
    return withBySeed(more);
  }

  /** The q's to be applied: the geometric mean of what the two halves found. */
  Scale scale() {
    Scale one = scales.get(0);
    Scale other = scales.get(scales.size() - 1);
    if (one.equals(other)) {
      return one;
    }
    Map<String, Double> perTensor = new TreeMap<>();
    one.perTensor().keySet().forEach(name -> perTensor.put(name, mean(one.q(name), other.q(name))));
    return new Scale(mean(one.fallback(), other.fallback()), perTensor);
  }

  private static double mean(double one, double other) {
    return Math.min(1, Math.sqrt(one) * Math.sqrt(other));
  }
}
