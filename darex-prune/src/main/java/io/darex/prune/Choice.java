package io.darex.prune;

/** The entries of one delta that a mask lets stay. */
@FunctionalInterface
public interface Choice {
  /** Nothing stays. */
  Choice NOTHING = name -> (block, into) -> 0;

  /**
   * The mask of one tensor.
   *
   * @param name the tuned tensor's name, one of the delta's pairs
   */
  TensorMask on(String name);
}
