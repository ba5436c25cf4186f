package io.darex.prune.mask;

import io.darex.prune.Delta;
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

  /** The expected share of entries really kept: what the inverse keep rate divides by. */
  default double keepRate() {
    return 1 - dropRate();
  }

  /**
   * What rebuilds this mask through {@link Masks#create}: numbers, and texts for integers that a
   * double could not hold.
   */
  Map<String, Object> parameters();

  /** The same mask drawn from another seed; a mask that draws nothing is its own answer. */
  Mask withSeed(long seed);

  /** How a file says which entries this mask keeps. */
  Places places();

  /**
   * The choice on one delta; it does not depend on {@code threads}.
   *
   * @throws io.darex.prune.NonFiniteException if a value that it compares is NaN or infinite
   */
  Choice choose(Delta delta, int threads);
}
