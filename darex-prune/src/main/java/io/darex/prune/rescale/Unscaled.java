package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.SparseDelta;
import io.darex.prune.parameter.Kind;
import java.util.List;
import java.util.Map;

/** No rescale, q = 1: the convention of magnitude pruning (docs/METHOD.md §5.1). */
public record Unscaled() implements Rescale {
  static final Kind<Rescale> KIND =
      new Kind<>("rescale", "none", "q = 1", List.of(), given -> new Unscaled());

  @Override
  public String name() {
    return KIND.name();
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
