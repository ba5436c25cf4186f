package io.darex.prune.mask;

import io.darex.prune.Delta;
import java.util.SortedMap;
import java.util.TreeMap;

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
}
