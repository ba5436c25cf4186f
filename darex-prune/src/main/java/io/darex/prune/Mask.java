package io.darex.prune;

import java.util.Map;

/**
 * Says which entries of a delta stay. An implementation is a record that validates itself; {@link
 * io.darex.prune.mask.Masks} lists them by name.
 */
public interface Mask {
  /** The name in YAML, on the command line and in files. */
  String kind();

  /** The fraction of entries dropped, in [0, 1). */
  double dropRate();

  /**
   * The share of entries that stays in expectation, in (0, 1]: what DARE divides by. It is not 1 −
   * dropRate where the counts are rounded up.
   */
  default double keepRate() {
    return 1 - dropRate();
  }

  /**
   * As {@link #keepRate()}, of one tensor: masks may drop more of some tensors than of others.
   *
   * @param name the tuned tensor's name
   */
  default double keepRate(String name) {
    return of(name).keepRate();
  }

  /**
   * The mask of one tensor: this one, unless tensors have drop rates of their own.
   *
   * @param name the tuned tensor's name
   */
  default Mask of(String name) {
    return this;
  }

  /**
   * What rebuilds this mask through {@link io.darex.prune.mask.Masks#create}: numbers, and texts
   * for integers that a double could not hold.
   */
  Map<String, Object> parameters();

  /** Whether the mask is drawn, and so differs from seed to seed. */
  default boolean isDrawn() {
    return false;
  }

  /** The same mask drawn from another seed; a mask that draws nothing is its own answer. */
  Mask withSeed(long seed);

  /**
   * The same mask at another drop rate, as {@link io.darex.prune.mask.PerTensorMask} has one for
   * each tensor.
   *
   * @throws IllegalArgumentException if tensors cannot have rates of their own with this mask, or
   *     not this rate
   */
  default Mask withDropRate(double dropRate) {
    throw new IllegalArgumentException(
        "mask " + kind() + " cannot have a drop rate for each tensor: it has none to choose");
  }

  /** Whether {@link #choose} compares entries by what enters their layer. */
  default boolean needsInputs() {
    return false;
  }

  /**
   * The same mask with what enters the layers, for a mask that {@linkplain #needsInputs needs} it.
   *
   * @param inputs by tuned name of a linear layer's weight
   */
  default Mask withInputs(Map<String, LayerInput> inputs) {
    return this;
  }

  /**
   * Whether what stays of a tensor depends on that tensor alone, so that it can be pruned apart.
   */
  default boolean isPerTensor() {
    return !needsInputs();
  }

  /** How a file says which entries are kept. */
  PlaceStorage places();

  /** Whether entries that are zero may stay, as they do where chance alone chooses. */
  default boolean keepsZeros() {
    return places() != PlaceStorage.GAPS;
  }

  /**
   * Chooses the entries of a delta that stay. A drawn mask reads no value; another reads those it
   * compares. The choice does not depend on {@code threads}.
   *
   * @throws io.darex.prune.NonFiniteException if a value that is read is NaN or infinite
   */
  Choice choose(Delta delta, int threads);
}
