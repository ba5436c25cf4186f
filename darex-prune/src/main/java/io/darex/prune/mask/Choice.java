package io.darex.prune.mask;

import io.darex.prune.Tensor;
import java.util.Optional;

/** The entries of one delta that a mask lets stay. */
@FunctionalInterface
public interface Choice {
  /**
   * The mask of one tensor.
   *
   * @param name the tuned tensor's name, one of the delta's pairs
   */
  TensorMask on(String name);

  /**
   * What each kept entry is divided by besides q, relative to it: (1 − p_i)/(1 − p) where entry i
   * had a drop rate of its own. A tensor {@code [kept]} in index order; empty where every entry had
   * the same rate.
   */
  default Optional<Tensor> divisors(String name) {
    return Optional.empty();
  }
}
