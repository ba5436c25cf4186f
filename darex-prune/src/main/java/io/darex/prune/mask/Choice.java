package io.darex.prune.mask;

import io.darex.prune.Tensor;
import java.util.Optional;

/** A mask's choice on one delta. */
public interface Choice {
  /** The mask of the tensor of that tuned name. */
  TensorMask on(String name);

  /**
   * Where kept entries are divided by more than q: what each is divided by beside it, of shape
   * {@code [kept]} in index order.
   */
  default Optional<Tensor> divisors(String name) {
    return Optional.empty();
  }
}
