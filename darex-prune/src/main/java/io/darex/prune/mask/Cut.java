package io.darex.prune.mask;

/**
 * Where magnitudes are cut: those above the threshold are kept, and of those equal to it the ones
 * up to an index, so that a cut can keep any exact number.
 *
 * @param threshold the smallest magnitude kept, as {@link Magnitudes} gives them
 * @param lastTie the flat index of the last entry kept that is equal to the threshold
 */
record Cut(int threshold, long lastTie) {
  /** Keeps nothing: no finite magnitude is as large. */
  static final Cut NOTHING = new Cut(Integer.MAX_VALUE, -1);
}
