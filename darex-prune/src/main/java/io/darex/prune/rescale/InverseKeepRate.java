package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.mask.Mask;

/** DARE: q = 1 − p, which keeps the mean of every output (METHOD.md §2). */
public record InverseKeepRate() implements Rescale {
  static final String NAME = "inverse-keep-rate";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Found find(Delta delta, Mask mask, Evidence evidence) {
    return Found.of(1 - mask.dropRate());
  }
}
