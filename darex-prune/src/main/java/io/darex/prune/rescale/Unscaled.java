package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.SparseDelta;
import java.util.Map;

/** No rescale, q = 1: the convention of magnitude pruning (docs/METHOD.md §5.1). */
public record Unscaled() implements Rescale {
  static final String NAME = "none";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Map<String, Object> parameters() {
    return Map.of();
  }

  @Override
  public Found find(Delta delta, SparseDelta pruned, Evidence evidence, int threads) {
    return Found.of(1);
  }
}
