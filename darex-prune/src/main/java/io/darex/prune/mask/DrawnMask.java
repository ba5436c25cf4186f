package io.darex.prune.mask;

import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.PlaceStorage;
import io.darex.prune.TensorMask;

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

  /**
   * Whether a tensor of {@code count} elements can have {@code kept} of them kept. A file that
   * claims what cannot be is found out by this without drawing; a yes is no promise.
   */
  default boolean canKeep(long kept, long count) {
    return kept <= count;
  }

  @Override
  default boolean isDrawn() {
    return true;
  }

  @Override
  default PlaceStorage places() {
    return PlaceStorage.DRAWN;
  }

  @Override
  default Choice choose(Delta delta, int threads) {
    return name -> on(name, delta.pairs().get(name).tuned().shape());
  }
}
