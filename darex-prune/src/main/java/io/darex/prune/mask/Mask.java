package io.darex.prune.mask;

import java.util.Map;

/**
 * Says which entries of a delta stay. An implementation is a record that validates itself; {@link
 * Masks} lists them by name.
 */
public interface Mask {
  /** The name in YAML, on the command line and in files. */
  String kind();

  /** The fraction of entries dropped, in [0, 1). */
  double dropRate();

  /**
   * What rebuilds this mask through {@link Masks#create}: numbers, and texts for integers that a
   * double could not hold.
   */
  Map<String, Object> parameters();

  /** The same mask drawn from another seed; a mask that draws nothing is its own answer. */
  Mask withSeed(long seed);

  /**
   * The mask of one tensor.
   *
   * @param name the tuned tensor's name
   * @param shape its dimensions, a linear weight as {@code [out, in]}
   */
  TensorMask on(String name, long[] shape);
}
