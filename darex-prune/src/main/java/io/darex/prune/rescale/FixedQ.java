package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.mask.Mask;

/**
 * A q the user gives.
 *
 * @param q in (0, 1], so also below 1 − p
 */
public record FixedQ(double q) implements Rescale {
  static final String NAME = "q";

  /** Checks q. */
  public FixedQ {
    if (!(q > 0 && q <= 1)) {
      throw new IllegalArgumentException("q must be in (0, 1], got " + q);
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Found find(Delta delta, Mask mask, Evidence evidence) {
    return Found.of(q);
  }
}
