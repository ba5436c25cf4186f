package io.darex.optim;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The part of AdamR's state that holds the anchor of one parameter.
 *
 * <p>Its first element tells what it holds: +∞ nothing yet, NaN that there is no anchor, else it is
 * θ_P. That survives every way DL4J has of saving and restoring a state.
 */
record AnchorPlane(INDArray array) {
  /** Whether the plane has been filled, now or before a save. */
  boolean known() {
    return array.getDouble(0) != Double.POSITIVE_INFINITY;
  }

  /** The anchor, or null where there is none. */
  INDArray valueOrNull() {
    return Double.isNaN(array.getDouble(0)) ? null : array;
  }

  /** Fills the plane; null means that the parameter has no anchor. */
  void fill(INDArray value) {
    if (value == null) {
      array.assign(Double.NaN);
    } else {
      array.assign(value);
    }
  }

  void clear() {
    array.assign(Double.POSITIVE_INFINITY);
  }
}
