package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.parameter.Kind;
import java.util.List;
import java.util.Map;

/**
 * DARE: q = 1 − p, which keeps the mean of every output (docs/METHOD.md §2.1). Where a mask cannot
 * keep the very share it is asked to, q is the share it keeps; where tensors have drop rates of
 * their own, each has its q.
 */
public record InverseKeepRate() implements Rescale {
  static final Kind<Rescale> KIND =
      new Kind<>(
          "rescale",
          "inverse-keep-rate",
          "q = 1 - p: DARE",
          List.of(),
          given -> new InverseKeepRate());

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
    return new Found(Scale.inverseKeepRate(pruned.mask(), pruned.kept().keySet()), List.of());
  }
}
