package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.mask.Mask;

/**
 * A way to find q (METHOD.md §3). An implementation is a record that validates itself; {@link
 * Rescales} lists them by name.
 */
public interface Rescale {
  /** The name in YAML, on the command line and in reports. */
  String name();

  /**
   * Finds the q of every tensor.
   *
   * @param delta what is pruned
   * @param mask what prunes it
   * @param evidence what else may be looked at
   * @throws IllegalArgumentException if the evidence lacks what this way needs
   */
  Found find(Delta delta, Mask mask, Evidence evidence);
}
