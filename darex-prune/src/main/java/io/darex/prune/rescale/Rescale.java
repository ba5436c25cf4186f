package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.SparseDelta;
import java.util.Map;
import java.util.Set;

/**
 * A way to find q (docs/METHOD.md §3). An implementation is a record that validates itself; {@link
 * Rescales} lists them by name.
 */
public interface Rescale {
  /** The name in YAML, on the command line and in reports. */
  String name();

  /** What rebuilds this rescale through {@link Rescales#create}. */
  Map<String, Object> parameters();

  /** What finding q takes besides the weights. */
  default Set<Need> needs() {
    return Set.of();
  }

  /** Whether q is found for masks of seeds of its own, and so serves a mask of any seed. */
  default boolean isShared() {
    return false;
  }

  /** Whether a tensor's q depends on what is pruned of that tensor alone. */
  default boolean isPerTensor() {
    return false;
  }

  /** Whether tensors get q's of their own where the mask has one drop rate for all. */
  default boolean hasOwnQs() {
    return isPerTensor();
  }

  /**
   * Finds the q of every tensor; the answer does not depend on {@code threads}.
   *
   * @param delta what is pruned
   * @param pruned what the mask left of it; its own scale plays no part
   * @param evidence what else may be looked at
   * @throws IllegalArgumentException if the evidence lacks what this way needs
   */
  Found find(Delta delta, SparseDelta pruned, Evidence evidence, int threads);
}
