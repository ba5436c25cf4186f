package io.darex.prune.rescale;

import io.darex.prune.Blocks;
import io.darex.prune.Delta;
import io.darex.prune.LayerInput;
import io.darex.prune.Mask;
import io.darex.prune.MismatchException;
import io.darex.prune.Scale;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Every layer's q as a function of η (docs/METHOD.md §3.3): the mean over its outputs of {@link
 * BoundQ}, where the influence of an entry is c_ij = ΔW_ij·E[x_j], and that of the bias delta is
 * itself. A bias takes its weight's q, and what is no linear layer the mean of all layers' q's,
 * each in proportion to its own keep rate where rates differ. At η = 0 every q is the keep rate:
 * DARE.
 */
final class LayerBounds {
  private final Delta delta;
  private final Mask mask;
  private final List<Layer> layers;

  /** One layer's outputs. */
  private static final class Layer {
    private final PrunedLayer of;
    private final double keepRate;
    private final double[] sums;
    private final double[] squares;

    Layer(PrunedLayer of, double keepRate) {
      this.of = of;
      this.keepRate = keepRate;
      this.sums = new double[of.outputs()];
      this.squares = new double[of.outputs()];
    }

    /** The layer's q at η; exactly the keep rate where every output's is. */
    double q(double eta) {
      double above = 0;
      for (int i = 0; i < sums.length; i++) {
        above += BoundQ.of(Math.abs(sums[i]), squares[i], eta, keepRate) - keepRate;
      }
      return Math.max(keepRate, Math.min(1, keepRate + above / sums.length));
    }
  }

  /**
   * Reads every entry of the layers' deltas once.
   *
   * @param inputs by tuned name of a linear layer's weight, what entered it; layers that are not
   *     pruned play no part
   * @throws MismatchException listing the layers whose weights do not have a column for every input
   * @throws IllegalArgumentException if none of the layers is pruned
   * @throws io.darex.prune.NonFiniteException if an entry of a layer's delta is NaN or infinite
   */
  LayerBounds(Delta delta, Mask mask, SortedMap<String, LayerInput> inputs, int threads) {
    this.delta = delta;
    this.mask = mask;
    this.layers = layers(delta, mask, inputs);
    sum(threads);
  }

  private static List<Layer> layers(Delta delta, Mask mask, SortedMap<String, LayerInput> inputs) {
    List<Layer> layers = new ArrayList<>();
    for (PrunedLayer layer : PrunedLayer.of(delta, inputs)) {
      if (layer.outputs() > 0) {
        layers.add(new Layer(layer, mask.keepRate(layer.weight())));
      }
    }
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(
          "scope layer: expected a pruned linear layer with outputs, got none; use scope global");
    }
    return layers;
  }

  private void sum(int threads) {
    int widest = layers.stream().mapToInt(layer -> layer.of.input().features()).max().orElseThrow();
    Blocks.forEach(
        threads,
        layers.stream().mapToInt(layer -> layer.sums.length).toArray(),
        () -> {
          float[] row = new float[widest];
          float[] scratch = new float[widest];
          return (number, output) -> sum(layers.get(number), output, row, scratch);
        });
  }

  private void sum(Layer layer, int output, float[] row, float[] scratch) {
    int inputs = layer.of.input().features();
    layer.of.read(delta, output, 1, row, scratch);
    double sum = 0;
    double squares = 0;
    for (int j = 0; j < inputs; j++) {
      double influenceOfEntry = row[j] * layer.of.input().mean(j);
      sum += influenceOfEntry;
      squares += influenceOfEntry * influenceOfEntry;
    }
    if (layer.of.bias().isPresent()) {
      double entry = delta.pairs().get(layer.of.bias().get()).at(output);
      sum += entry;
      squares += entry * entry;
    }
    layer.sums[output] = sum;
    layer.squares[output] = squares;
  }

  /** The q of every tensor at η. */
  Scale scale(double eta) {
    Map<String, Double> perTensor = new TreeMap<>();
    double above = 0;
    for (Layer layer : layers) {
      double q = layer.q(eta);
      above += q / layer.keepRate - 1;
      perTensor.put(layer.of.weight(), q);
      layer
          .of
          .bias()
          .ifPresent(
              bias ->
                  perTensor.put(bias, KeepRates.carried(q, layer.keepRate, mask.keepRate(bias))));
    }
    double rest = Math.min(1, mask.keepRate() * (1 + above / layers.size()));
    for (String name : delta.pairs().keySet()) {
      perTensor.computeIfAbsent(
          name, other -> KeepRates.carried(rest, mask.keepRate(), mask.keepRate(other)));
    }
    return new Scale(rest, perTensor);
  }

  /** The mean q over the pruned entries; exact where all are the same. */
  double mean(Scale scale) {
    double above = 0;
    long entries = 0;
    for (Map.Entry<String, Delta.Pair> pair : delta.pairs().entrySet()) {
      long count = pair.getValue().tuned().count();
      above += count * (scale.q(pair.getKey()) - scale.fallback());
      entries += count;
    }
    return scale.fallback() + above / entries;
  }

  /**
   * The η at which the mean q over the pruned entries is {@code mean}: that mean grows with η from
   * DARE's, at η = 0, to where every output that changes at all has q = 1, and beyond that η
   * nothing changes any more.
   */
  double eta(double mean) {
    if (mean <= mask.keepRate()) {
      return 0;
    }
    double low = Double.POSITIVE_INFINITY;
    double high = 0;
    for (Layer layer : layers) {
      double phi = BoundQ.phi(1 - layer.keepRate);
      for (int i = 0; i < layer.sums.length; i++) {
        // The output has the keep rate up to η = keepRate·one, and q = 1 from η = one on.
        double one = 2 * layer.keepRate * Math.abs(layer.sums[i]) / (phi * layer.squares[i]);
        if (one > 0 && one < Double.POSITIVE_INFINITY) {
          low = Math.min(low, layer.keepRate * one);
          high = Math.max(high, one);
        }
      }
    }
    // In logarithms: between the least and the largest lie many powers of ten.
    while (low < high * (1 - 1e-12)) {
      double middle = Math.sqrt(low) * Math.sqrt(high);
      if (mean(scale(middle)) < mean) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }
}
