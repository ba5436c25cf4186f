package io.darex.prune.mask;

import io.darex.prune.Delta;
import io.darex.prune.Parallel;
import io.darex.prune.TensorMask;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListSet;

/** Recognises a delta that is sparse before any pruning, as training with an L1 pull makes it. */
public final class NonZeros {
  private NonZeros() {}

  /**
   * By tuned name, how many entries of each tensor's delta are not zero. Reads every value once.
   *
   * @throws io.darex.prune.NonFiniteException if one is NaN or infinite
   */
  public static SortedMap<String, Long> count(Delta delta, int threads) {
    SortedMap<String, Long> counts = new TreeMap<>();
    delta
        .pairs()
        .forEach(
            (name, pair) -> {
              Cuts.Span all = Cuts.Span.of(pair);
              counts.put(name, all.length() - Cuts.zeros(all, threads));
            });
    return counts;
  }

  /**
   * The tuned names of the tensors in which nothing changed. Reads a tensor up to its first entry
   * that did.
   */
  public static Set<String> unchanged(Delta delta, int threads) {
    List<Map.Entry<String, Delta.Pair>> pairs = List.copyOf(delta.pairs().entrySet());
    Set<String> unchanged = new ConcurrentSkipListSet<>();
    Parallel.forEach(
        threads,
        pairs.size(),
        () -> {
          float[] before = new float[TensorMask.BLOCK];
          float[] after = new float[TensorMask.BLOCK];
          return number -> {
            Map.Entry<String, Delta.Pair> pair = pairs.get((int) number);
            if (isUnchanged(pair.getValue(), before, after)) {
              unchanged.add(pair.getKey());
            }
          };
        });
    return unchanged;
  }

  private static boolean isUnchanged(Delta.Pair pair, float[] before, float[] after) {
    long count = pair.tuned().count();
    for (long from = 0; from < count; from += TensorMask.BLOCK) {
      int length = (int) Math.min(TensorMask.BLOCK, count - from);
      pair.base().read(from, before, 0, length);
      pair.tuned().read(from, after, 0, length);
      for (int i = 0; i < length; i++) {
        if (before[i] != after[i]) {
          return false;
        }
      }
    }
    return true;
  }
}
