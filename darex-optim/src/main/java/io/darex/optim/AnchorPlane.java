package io.darex.optim;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The part of AdamR's state that holds the anchor of one parameter.
 *
 * <p>Its first element tells what it holds: the largest float nothing yet, its negative that there
 * is no anchor, else it is θ_P. That survives every way DL4J has of saving and restoring a state,
 * and ND4J's search for NaN and infinity ({@code ProfilerConfig}), which looks at every array that
 * an operation writes. States saved by earlier versions have +∞ and NaN there.
 */
record AnchorPlane(INDArray array) {
  private static final double UNKNOWN = Float.MAX_VALUE;
  private static final double NONE = -Float.MAX_VALUE;

  /** Whether the plane has been filled, now or before a save. */
  boolean known() {
    return !(array.getDouble(0) >= UNKNOWN);
  }

  /** The anchor, or null where there is none. */
  INDArray valueOrNull() {
    return array.getDouble(0) > NONE ? array : null; // NaN is above nothing
  }

  /** Fills the plane; null means that the parameter has no anchor. */
  void fill(INDArray value) {
    if (value == null) {
      array.assign(NONE);
    } else {
      array.assign(value);
    }
  }

  void clear() {
    array.assign(UNKNOWN);
  }
}
