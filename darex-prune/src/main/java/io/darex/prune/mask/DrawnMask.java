package io.darex.prune.mask;

import io.darex.prune.Delta;

/**
 * A mask that names, shapes and a seed determine: whoever has those draws it again, so no file
 * needs to say which entries it kept.
 */
public interface DrawnMask extends Mask {
  /**
   * The mask of one tensor.
   *
   * @param name the tuned tensor's name
   * @param shape its dimensions, a linear weight as {@code [out, in]}
   */
  TensorMask on(String name, long[] shape);

  @Override
  default Places places() {
    return Places.DRAWN;
  }

  @Override
  default Choice choose(Delta delta, int threads) {
    return name -> on(name, delta.pairs().get(name).tuned().shape());
  }
}
