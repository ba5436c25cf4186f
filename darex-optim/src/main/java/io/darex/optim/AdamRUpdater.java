package io.darex.optim;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.nd4j.linalg.api.buffer.DataType;
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
 * <p>Whoever ends the step says beforehand that he will, with {@link #await}: a gradient that
 * nobody awaits would be lost without a word, so it is refused.
 *
 * <p>State planes, each as long as the parameters: m, v, anchor (see {@link AnchorPlane}).
 */
final class AdamRUpdater implements GradientUpdater<AdamR> {
  static final String M_STATE = "M";
  static final String V_STATE = "V";
  static final String ANCHOR_STATE = "ANCHOR";
  static final String COUNTS_STATE = "COUNTS";
  private static final List<String> STATE = List.of(M_STATE, V_STATE, ANCHOR_STATE);

  private final AdamR config;
  private INDArray m;
  private INDArray v;
  private INDArray anchor;
  private INDArray gradient;
  private INDArray counts;
  private Phase phase = Phase.IDLE;
  private boolean attached;

  private enum Phase {
    IDLE,
    AWAITING,
    HOLDING
  }

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
    Set<String> arrays = new TreeSet<>(state.keySet());
    arrays.remove(COUNTS_STATE); // earlier versions did not save them
    if (!arrays.equals(Set.copyOf(STATE))) {
      throw new IllegalStateException(
          "AdamR's state has the arrays " + STATE + ", got " + state.keySet());
    }
    m = state.get(M_STATE);
    v = state.get(V_STATE);
    anchor = state.get(ANCHOR_STATE);
    counts = state.get(COUNTS_STATE);
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
    if (phase == Phase.HOLDING) {
      throw new IllegalStateException(
          "the AdamR step of this iteration is not finished: attach AdamR before any listener that"
              + " saves the model");
    }
    Map<String, INDArray> state = new LinkedHashMap<>();
    state.put(M_STATE, m);
    state.put(V_STATE, v);
    state.put(ANCHOR_STATE, anchor);
    if (counts != null) {
      state.put(COUNTS_STATE, counts);
    }
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
   * @throws IllegalStateException if nobody will end this step; nothing has been changed then
   */
  @Override
  public void applyUpdater(INDArray gradient, int iteration, int epoch) {
    if (phase != Phase.AWAITING) {
      throw new IllegalStateException("iteration %d: %s".formatted(iteration, reason()));
    }
    if (this.gradient == null) {
      // Detached: DL4J calls updaters inside a workspace, whose arrays die with the call.
      this.gradient = Nd4j.createUninitializedDetached(m.dataType(), m.ordering(), m.shape());
    }
    this.gradient.assign(gradient);
    gradient.assign(0);
    phase = Phase.HOLDING;
  }

  private String reason() {
    if (phase == Phase.HOLDING) {
      return "AdamR was given a second gradient before it could take its step with the first";
    }
    return attached
        ? "AdamR was attached, but its listener did not hear of this iteration: setListeners takes"
            + " away all listeners there are; use addListeners, or call AdamR.attach again after"
            + " setListeners (outside fit there are no iterations)"
        : "nobody would take AdamR's step: call AdamR.attach before training, for each copy of a"
            + " network anew, and do not drop its listener with setListeners afterwards";
  }

  /** The gradient of this iteration; the same array in all iterations. */
  INDArray gradient() {
    return gradient;
  }

  /** Whether there is a gradient that no step has used. */
  boolean holdsGradient() {
    return phase == Phase.HOLDING;
  }

  /** Notes that a listener will end the steps, so that its absence can be told from forgetting. */
  void attach() {
    attached = true;
  }

  /** Whether a listener was there in this training; a loaded state does not know of any. */
  boolean attached() {
    return attached;
  }

  /** Says that the gradient that comes next will be used; one that was left over is not. */
  void await() {
    attached = true;
    phase = Phase.AWAITING;
  }

  /** Marks the gradient as used. */
  void done() {
    phase = Phase.IDLE;
  }

  /**
   * The iterations and epochs done, INT64[2], if they were noted; SameDiff saves them with this.
   */
  Optional<INDArray> counts() {
    return Optional.ofNullable(counts);
  }

  /** Notes the iterations and epochs done, as part of the state. */
  void counts(int iterations, int epochs) {
    if (counts == null) {
      counts = Nd4j.createUninitializedDetached(DataType.INT64, 2);
    }
    counts.putScalar(0, iterations);
    counts.putScalar(1, epochs);
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
