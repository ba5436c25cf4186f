package io.darex.prune.mask;

import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.NameOrder;
import io.darex.prune.TensorMask;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The entries of a delta by |Δ|, those of all tensors together: what {@link MagnitudeMask} with
 * scope {@code model} keeps at any drop rate. A further rate costs less than the first. Serves one
 * thread.
 */
public final class MagnitudeRanking {
  private final Delta delta;
  private final List<String> names;
  private final Cuts cuts;

  /** Nothing is read yet. */
  public MagnitudeRanking(Delta delta, int threads) {
    this.delta = delta;
    names = delta.pairs().keySet().stream().sorted(NameOrder.BY_UTF8).toList();
    cuts =
        new Cuts(
            names.stream().map(name -> Cuts.Span.of(delta.pairs().get(name))).toList(), threads);
  }

  /**
   * What stays at a drop rate.
   *
   * @throws io.darex.prune.NonFiniteException if a value is NaN or infinite
   */
  public Choice at(double dropRate) {
    Cut[] found = cuts.find(new DropRate(dropRate));
    Map<String, TensorMask> masks = new HashMap<>();
    for (int i = 0; i < found.length; i++) {
      Delta.Pair pair = delta.pairs().get(names.get(i));
      masks.put(names.get(i), new CutMask(pair, pair.tuned().count(), found[i]));
    }
    return masks::get;
  }
}
