package io.darex.optim;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.GradientUpdater;

/**
 * The part of an AdamR step that DL4J calls: it takes the gradient away and keeps the state.
 *
 * <p>The step itself needs all gradients (see {@link AdamR}), so {@link #applyUpdater} copies its
 * gradient and leaves zeros, which DL4J then subtracts without effect. m and v stay as they are
 * until the step is taken: a NaN met in a later gradient must find them untouched.
 *
 * <p>State planes, each as long as the parameters: m, v, anchor (see {@link AnchorPlane}).
 */
final class AdamRUpdater implements GradientUpdater<AdamR> {
  static final String M_STATE = "M";
  static final String V_STATE = "V";
  static final String ANCHOR_STATE = "ANCHOR";

  private final AdamR config;
  private INDArray m;
  private INDArray v;
  private INDArray anchor;
  private INDArray gradient;
  private boolean pending;

  AdamRUpdater(AdamR config) {
    this.config = config;
  }

  @Override
  public AdamR getConfig() {
    return config;
  }

  /**
   * Takes over the arrays of a saved state.
   *
   * @throws IllegalStateException if other arrays are given, or they differ in length
   */
  @Override
  public void setState(Map<String, INDArray> state, boolean initialize) {
    Map<String, INDArray> empty = new LinkedHashMap<>();
    empty.put(M_STATE, null);
    empty.put(V_STATE, null);
    empty.put(ANCHOR_STATE, null);
    if (!state.keySet().equals(empty.keySet())) {
      throw new IllegalStateException(
          "AdamR's state has the arrays " + empty.keySet() + ", got " + state.keySet());
    }
    m = state.get(M_STATE);
    v = state.get(V_STATE);
    anchor = state.get(ANCHOR_STATE);
    if (v.length() != m.length() || anchor.length() != m.length()) {
      throw new IllegalStateException(
          "AdamR's state arrays differ in length: M has %d, V %d, ANCHOR %d"
              .formatted(m.length(), v.length(), anchor.length()));
    }
    if (initialize) {
      clear();
    }
  }

  /**
   * The live state arrays.
   *
   * @throws IllegalStateException between the two phases of a step, when they do not belong to the
   *     weights; a listener that saves has to come after AdamR's own
   */
  @Override
  public Map<String, INDArray> getState() {
    if (pending) {
      throw new IllegalStateException(
          "the AdamR step of this iteration is not finished: attach AdamR before any listener that"
              + " saves the model");
    }
    Map<String, INDArray> state = new LinkedHashMap<>();
    state.put(M_STATE, m);
    state.put(V_STATE, v);
    state.put(ANCHOR_STATE, anchor);
    return state;
  }

  @Override
  public void setStateViewArray(
      INDArray viewArray, long[] gradientShape, char gradientOrder, boolean initialize) {
    INDArray flat = viewArray.reshape(viewArray.length());
    m = plane(flat, 0, gradientShape, gradientOrder);
    v = plane(flat, 1, gradientShape, gradientOrder);
    anchor = plane(flat, 2, gradientShape, gradientOrder);
    if (initialize) {
      clear();
    }
  }

  private static INDArray plane(INDArray flat, int index, long[] shape, char order) {
    long n = flat.length() / 3;
    INDArray part = flat.get(NDArrayIndex.interval(index * n, (index + 1) * n));
    INDArray shaped = Shape.newShapeNoCopy(part, shape, order == 'f');
    if (shaped == null) {
      throw new IllegalStateException(
          "cannot view a state plane of " + n + " elements as a weight");
    }
    return shaped;
  }

  private void clear() {
    m.assign(0);
    v.assign(0);
    anchorPlane().clear();
  }

  /**
   * Takes the gradient and leaves zeros.
   *
   * @throws IllegalStateException if the previous one was never used: nobody ends the steps
   */
  @Override
  public void applyUpdater(INDArray gradient, int iteration, int epoch) {
    if (pending) {
      throw new IllegalStateException(
          "iteration %d: the previous AdamR step was never finished; call AdamR.attach before training"
              .formatted(iteration));
    }
    if (this.gradient == null) {
      // Detached: DL4J calls updaters inside a workspace, whose arrays die with the call.
      this.gradient = Nd4j.createUninitializedDetached(m.dataType(), m.ordering(), m.shape());
    }
    this.gradient.assign(gradient);
    gradient.assign(0);
    pending = true;
  }

  /** The gradient of this iteration; the same array in all iterations. */
  INDArray gradient() {
    return gradient;
  }

  /** Whether there is a gradient that no step has used. */
  boolean holdsGradient() {
    return pending;
  }

  /** Marks the gradient as used, or as of no use. */
  void forget() {
    pending = false;
  }

  AnchorPlane anchorPlane() {
    return new AnchorPlane(anchor);
  }

  /** Brings restored arrays into the memory layout of their parameter. */
  void layOutLike(INDArray parameter) {
    m = Slot.laidOutLike(parameter, m);
    v = Slot.laidOutLike(parameter, v);
    anchor = Slot.laidOutLike(parameter, anchor);
  }

  INDArray m() {
    return m;
  }

  INDArray v() {
    return v;
  }
}
