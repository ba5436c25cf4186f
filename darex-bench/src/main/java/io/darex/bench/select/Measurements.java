package io.darex.bench.select;

import io.darex.prune.Delta;
import io.darex.prune.Parallel;
import io.darex.prune.rescale.Calibration;
import io.darex.prune.rescale.LayerInfluences;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What is known of a delta before anything is pruned; no drop rate plays a part.
 *
 * @param meanAbsolute mean |Δ| over all pruned entries
 * @param tensors every pruned tensor, by name
 * @param alignment r over all linear layers together (docs/METHOD.md §2.3), where there are
 *     calibration texts
 */
public record Measurements(
    double meanAbsolute, List<PrunedTensor> tensors, OptionalDouble alignment) {
  private static final int CHUNK = 1 << 16;

  /**
   * One of them.
   *
   * @param name the tuned tensor's
   * @param entries how many it has
   * @param meanAbsolute mean |Δ|
   * @param variance of Δ
   * @param influences of a linear layer's weight with its bias, where there are calibration texts
   */
  public record PrunedTensor(
      String name,
      long entries,
      double meanAbsolute,
      double variance,
      Optional<LayerInfluences> influences) {}

  /** Copies the list. */
  public Measurements {
    tensors = List.copyOf(tensors);
  }

  /**
   * Reads every entry.
   *
   * @throws io.darex.prune.NonFiniteException if one is NaN or infinite
   * @throws io.darex.prune.MismatchException if layers are not those that calibration recorded
   */
  public static Measurements of(Delta delta, Optional<Calibration> calibration, int threads) {
    Map<String, LayerInfluences> influences = new HashMap<>();
    double signal = 0;
    double noise = 0;
    if (calibration.isPresent()) {
      for (LayerInfluences layer : calibration.get().influences(delta, threads)) {
        influences.put(layer.weight(), layer);
        signal += layer.inputs() * layer.outputSquares();
        noise += layer.inputs() * layer.squares();
      }
    }
    List<String> names = List.copyOf(delta.pairs().keySet());
    double[][] sums = new double[names.size()][];
    Parallel.forEach(
        threads,
        names.size(),
        () -> {
          float[] entries = new float[CHUNK];
          float[] scratch = new float[CHUNK];
          return tensor ->
              sums[(int) tensor] =
                  sums(delta.pairs().get(names.get((int) tensor)), entries, scratch);
        });
    List<PrunedTensor> tensors = new ArrayList<>();
    for (int i = 0; i < sums.length; i++) {
      long count = delta.pairs().get(names.get(i)).tuned().count();
      double mean = sums[i][1] / count;
      tensors.add(
          new PrunedTensor(
              names.get(i),
              count,
              count == 0 ? 0 : sums[i][0] / count,
              count == 0 ? 0 : Math.max(0, sums[i][2] / count - mean * mean),
              Optional.ofNullable(influences.get(names.get(i)))));
    }
    double absolute = Arrays.stream(sums).mapToDouble(each -> each[0]).sum();
    return new Measurements(
        absolute / delta.entries(),
        tensors,
        noise > 0 ? OptionalDouble.of(signal / noise) : OptionalDouble.empty());
  }

  /** Σ|Δ|, ΣΔ and ΣΔ². */
  private static double[] sums(Delta.Pair pair, float[] entries, float[] scratch) {
    double[] sums = new double[3];
    for (long from = 0; from < pair.tuned().count(); from += CHUNK) {
      int length = (int) Math.min(CHUNK, pair.tuned().count() - from);
      pair.read(from, entries, scratch, length);
      for (int i = 0; i < length; i++) {
        double entry = entries[i];
        sums[0] += Math.abs(entry);
        sums[1] += entry;
        sums[2] += entry * entry;
      }
    }
    return sums;
  }
}
