package io.darex.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * AdamR for a training loop of one's own: gradients in, weights changed in place.
 *
 * <p>Takes the step {@link AdamR} describes. Not safe for use by several threads at once; one step
 * uses all cores by itself and gives the same bytes on any number of them.
 */
public final class AdamROptimizer implements AdamRTraining {
  private final AdamR config;
  private final SortedMap<String, INDArray> parameters;
  private final SortedMap<String, INDArray> anchors = new TreeMap<>();
  private final Optional<Kernel.Maker> elsewhere;
  private AdamRStep step;
  private StepReport lastStep;
  private int iteration;
  private int epoch;

  /**
   * An optimizer at iteration 0.
   *
   * @param parameters the weights by name, FLOAT or DOUBLE and dense; changed by every step
   * @param anchor copied for {@link Anchor#start}, kept as they are for {@link Anchor#of}
   * @throws IllegalArgumentException if there is no parameter, one is not dense or of another type,
   *     given anchors do not fit (lists all that do not), or none is anchored while λ is not 0
   */
  public AdamROptimizer(AdamR config, Map<String, INDArray> parameters, Anchor anchor) {
    this(config, parameters, anchor, Optional.empty());
  }

  /**
   * An optimizer at iteration 0 of parameters that lie elsewhere, such as on a device, with their
   * gradients and moments. It is stepped with {@link #step()}.
   *
   * @param parameters arrays that are brought up to date where they are asked for
   * @param maker of the kernels, which take the steps where the parameters are; called again by
   *     {@link #restore}
   * @throws IllegalArgumentException as above
   */
  public AdamROptimizer(
      AdamR config, Map<String, INDArray> parameters, Anchor anchor, Kernel.Maker maker) {
    this(config, parameters, anchor, Optional.of(maker));
  }

  private AdamROptimizer(
      AdamR config,
      Map<String, INDArray> parameters,
      Anchor anchor,
      Optional<Kernel.Maker> elsewhere) {
    this.elsewhere = elsewhere;
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException("there is no parameter to train");
    }
    this.config = config.clone();
    this.parameters = new TreeMap<>(parameters);
    anchor.check(config.pulls(), parameters, parameters);
    this.parameters.forEach(
        (name, parameter) -> {
          if (anchor.covers(name)) {
            anchors.put(name, anchor(name, parameter, anchor));
          }
        });
    SortedMap<String, INDArray> zeros = new TreeMap<>();
    this.parameters.forEach(
        (name, parameter) -> {
          zeros.put(AdamRStep.M_PREFIX + name, parameter.like());
          zeros.put(AdamRStep.V_PREFIX + name, parameter.like());
        });
    step = over(zeros);
  }

  private static INDArray anchor(String name, INDArray parameter, Anchor anchor) {
    if (!anchor.given()) {
      return parameter.dup(parameter.ordering());
    }
    INDArray given = anchor.valueOr(name, parameter);
    if (given.data().addressPointer().equals(parameter.data().addressPointer())) {
      throw new IllegalArgumentException(
          "the anchor of "
              + name
              + " is the parameter itself, which training changes; pass a copy or use"
              + " Anchor.start");
    }
    return Slot.laidOutLike(parameter, given);
  }

  private AdamRStep over(Map<String, INDArray> state) {
    List<Slot> slots = new ArrayList<>();
    parameters.forEach(
        (name, parameter) -> {
          INDArray m = state.get(AdamRStep.M_PREFIX + name);
          INDArray v = state.get(AdamRStep.V_PREFIX + name);
          INDArray anchor = anchors.get(name);
          slots.add(
              elsewhere
                  .map(maker -> new Slot(name, parameter, m, v, anchor, maker))
                  .orElseGet(() -> new Slot(name, parameter, m, v, anchor)));
        });
    return new AdamRStep(slots);
  }

  /**
   * Takes one step.
   *
   * @param gradients one for every parameter, of its shape
   * @throws IllegalArgumentException if one is missing, of another shape or of no parameter; lists
   *     all such
   * @throws ArithmeticException if one is NaN or infinite; names it and the iteration, and no
   *     weight and no state has been changed
   * @throws IllegalStateException if it {@link #hasGradients}
   */
  public StepReport step(Map<String, INDArray> gradients) {
    if (hasGradients()) {
      throw new IllegalStateException("expected step() without gradients, got some");
    }
    checkFit("gradients do not fit", parameters, gradients);
    for (Slot slot : step.slots()) {
      slot.next(config, gradients.get(slot.name()));
    }
    return advance();
  }

  /** Whether its gradients lie where its parameters do, and {@link #step()} takes them there. */
  public boolean hasGradients() {
    return elsewhere.isPresent();
  }

  /**
   * Takes one step with the gradients that lie where the parameters do.
   *
   * @throws ArithmeticException as above
   * @throws IllegalStateException unless it {@link #hasGradients}
   */
  public StepReport step() {
    if (!hasGradients()) {
      throw new IllegalStateException("expected gradients, got none");
    }
    step.slots().forEach(slot -> slot.next(config));
    return advance();
  }

  private StepReport advance() {
    lastStep = step.step(iteration, epoch, config.getMaxGradientNorm());
    iteration++;
    return lastStep;
  }

  @Override
  public Optional<StepReport> lastStep() {
    return Optional.ofNullable(lastStep);
  }

  @Override
  public SortedMap<String, DeltaStatistics> deltas() {
    step.slots().forEach(slot -> slot.kernel().parameterToArray());
    return DeltaStatistics.perPath(step.slots());
  }

  /** The number of steps taken, and of the next one. */
  public int iteration() {
    return iteration;
  }

  /** Sets the epoch, from 0, for schedules that go by it. */
  public void epoch(int epoch) {
    this.epoch = epoch;
  }

  /** The anchors by parameter name; not to be changed. */
  public SortedMap<String, INDArray> anchors() {
    return new TreeMap<>(anchors);
  }

  /**
   * What a checkpoint needs besides weights, anchors and {@link #iteration()}: the live moments, as
   * {@code m:NAME} and {@code v:NAME}; copies as of now where they lie elsewhere.
   */
  public SortedMap<String, INDArray> state() {
    step.slots().forEach(slot -> slot.kernel().momentsToArrays());
    return step.moments();
  }

  /**
   * Goes on where {@link #state()} was saved, bitwise as if never stopped. The arrays are copied.
   *
   * @param iteration the number of steps taken by then
   * @throws IllegalArgumentException if the state is not one of these parameters; lists all that
   *     differs
   */
  public void restore(int iteration, Map<String, INDArray> state) {
    if (iteration < 0) {
      throw new IllegalArgumentException("iteration must not be negative, got " + iteration);
    }
    SortedMap<String, INDArray> own = state();
    checkFit("saved state does not fit", own, state);
    own.forEach((name, array) -> array.assign(state.get(name)));
    step = over(own);
    this.iteration = iteration;
  }

  private static void checkFit(
      String what, Map<String, INDArray> expected, Map<String, INDArray> given) {
    List<String> faults = new ArrayList<>();
    expected.forEach(
        (name, array) -> {
          INDArray other = given.get(name);
          if (other == null) {
            faults.add(name + " is missing");
          } else if (!Arrays.equals(array.shape(), other.shape())) {
            faults.add(name + ": expected " + Anchor.form(array) + ", got " + Anchor.form(other));
          }
        });
    for (String name : new TreeMap<>(given).keySet()) {
      if (!expected.containsKey(name)) {
        faults.add(name + " is unknown");
      }
    }
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException(what + ": " + String.join("; ", faults));
    }
  }
}
