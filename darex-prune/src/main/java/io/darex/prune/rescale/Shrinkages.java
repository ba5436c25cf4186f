package io.darex.prune.rescale;

import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * The shrinkages of a pruned delta's tensors, and the q's they are at its keep rates 1 − p.
 *
 * <p>The shrinkage σ = (1−p)/q is the share of the delta that kept entries divided by q stand for:
 * E[Δ̂] = σ·Δ, with noise of variance σ²·p/(1−p)·Δ² in every entry. Where tensors are pruned at
 * different rates, one q for all would leave different shares of them; one σ for all has DARE at σ
 * = 1, and with one rate is one q.
 */
final class Shrinkages {
  private final double fallback;
  private final SortedMap<String, Double> rates = new TreeMap<>();
  private final Map<String, Long> counts = new TreeMap<>();

  Shrinkages(SparseDelta pruned) {
    fallback = pruned.mask().keepRate();
    pruned
        .kept()
        .forEach(
            (name, kept) -> {
              rates.put(name, pruned.mask().keepRate(name));
              counts.put(name, Tensor.count(kept.shape()));
            });
  }

  /** 1 − p of one pruned tensor. */
  double of(String name) {
    return rates.get(name);
  }

  /** The smallest there is: at this shrinkage every q is 1. */
  double least() {
    return rates.values().stream().mapToDouble(rate -> rate).min().orElse(fallback);
  }

  /** p/(1−p): the variance of an entry of A⊙Δ/(1−p), in units of Δ². */
  double noise(String name) {
    return (1 - of(name)) / of(name);
  }

  /** q of one shrinkage, clipped to [1−p, 1]. */
  static double q(double keepRate, double shrinkage) {
    return Math.max(keepRate, Math.min(1, keepRate / shrinkage));
  }

  /**
   * The σ in [0, 1] of least (1−σ)²·signal + σ²·noise; DARE's where there is no noise.
   *
   * @param signal the squared effect of the whole delta
   * @param noise the expected squared effect of A⊙Δ/(1−p) − Δ
   */
  static double best(double signal, double noise) {
    return noise == 0 ? 1 : signal / (signal + noise);
  }

  /** One shrinkage for all tensors. */
  Scale scale(double shrinkage) {
    return rates.values().stream().allMatch(rate -> rate == fallback)
        ? Scale.of(q(fallback, shrinkage))
        : scale(shrinkage, name -> shrinkage);
  }

  /**
   * Shrinkages by tensor.
   *
   * @param others that of tensors this delta does not prune
   */
  Scale scale(double others, ToDoubleFunction<String> shrinkage) {
    Map<String, Double> perTensor = new TreeMap<>();
    rates.forEach((name, rate) -> perTensor.put(name, q(rate, shrinkage.applyAsDouble(name))));
    return new Scale(q(fallback, others), perTensor);
  }

  /**
   * The shrinkage of one linear layer.
   *
   * @param weight tuned name of its weight
   * @param bias tuned name of its bias, if that is pruned
   */
  record LayerShrinkage(String weight, Optional<String> bias, double shrinkage) {}

  /**
   * Shrinkages by linear layer. A bias takes its weight's, every other tensor that whose q/(1−p) is
   * the mean of the layers': with one rate its q is the mean of the layers' q's (METHOD.md §3).
   */
  Scale scale(List<LayerShrinkage> layers) {
    Map<String, Double> shrinkages = new TreeMap<>();
    double sum = 0;
    for (LayerShrinkage layer : layers) {
      double rate = of(layer.weight());
      sum += q(rate, layer.shrinkage()) / rate;
      shrinkages.put(layer.weight(), layer.shrinkage());
      layer.bias().ifPresent(bias -> shrinkages.put(bias, layer.shrinkage()));
    }
    double others = layers.size() / sum;
    return scale(others, name -> shrinkages.getOrDefault(name, others));
  }

  /** The mean q over all entries that were up to be pruned. */
  double mean(Scale scale) {
    double sum = 0;
    long entries = 0;
    for (Map.Entry<String, Long> entry : counts.entrySet()) {
      sum += entry.getValue() * scale.q(entry.getKey());
      entries += entry.getValue();
    }
    return scale.perTensor().isEmpty() || entries == 0 ? scale.fallback() : sum / entries;
  }
}
