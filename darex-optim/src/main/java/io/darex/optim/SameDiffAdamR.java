package io.darex.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import lombok.extern.slf4j.Slf4j;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.listeners.ListenerResponse;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.listeners.records.LossCurve;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.GradientUpdater;

/**
 * Ends the AdamR steps of {@code sd.fit}; {@link AdamR#attach(SameDiff, Anchor)} makes one.
 *
 * <p>During backprop the updaters only take the gradients away (see {@link AdamRUpdater}), and
 * {@link #preUpdate} tells which parameter each belongs to. When the iteration is done all are
 * there, and the step is taken.
 *
 * <p>So other listeners are handed updates of zero in {@code preUpdate}; {@link #deltas()} says how
 * far weights went. Listeners added with {@code addListeners} may save the model in {@code
 * iterationStart}, {@code iterationDone} and {@code epochEnd}: it goes on exactly.
 */
@Slf4j
public final class SameDiffAdamR extends BaseListener implements AdamRTraining {
  private static final String ANCHOR_PREFIX = "anchor:";

  private final SameDiff sd;
  private Anchor anchor;
  private final Map<String, Variable> trained = new LinkedHashMap<>();
  private boolean iterationOpen;
  private boolean awaiting;
  private Map<String, INDArray> restored = Map.of();
  private AdamRStep step;
  private StepReport lastStep;

  private SameDiffAdamR(SameDiff sd, Anchor anchor) {
    this.sd = sd;
    this.anchor = anchor;
  }

  static SameDiffAdamR attach(SameDiff sd, Anchor anchor) {
    AdamR config = config(sd);
    if (!sd.getTrainingConfig().isMinimize()) {
      throw new IllegalStateException("AdamR minimises; the training configuration maximises");
    }
    Map<String, INDArray> parameters = parameters(sd);
    anchor.check(config.pulls(), parameters, parameters);
    parameters.forEach(Slot::checkType);
    SameDiffAdamR attached = new SameDiffAdamR(sd, anchor);
    attached.checkSaved(parameters);
    attached.begin();
    // First of all, so that any other listener finds the step finished.
    List<Listener> listeners = new ArrayList<>(List.of(attached));
    sd.getListeners().stream()
        .filter(listener -> !(listener instanceof SameDiffAdamR))
        .forEach(listeners::add);
    sd.setListeners(listeners);
    return attached;
  }

  /**
   * Goes on where a loaded state was saved. DL4J counts an iteration, or an epoch, only after its
   * listeners have heard that it is done, and what one of them saves then would take it twice.
   */
  private void begin() {
    TrainingConfig training = sd.getTrainingConfig();
    if (own().noneMatch(AdamRUpdater::attached)) {
      if (counted(0) == training.getIterationCount() + 1) {
        log.info(
            "iteration {} was not counted when the model was saved; it is now", counted(0) - 1);
        training.incrementIterationCount();
      }
      if (counted(1) == training.getEpochCount() + 1) {
        log.info("epoch {} was not counted when the model was saved; it is now", counted(1) - 1);
        training.incrementEpochCount();
      }
    }
    own().forEach(AdamRUpdater::attach);
  }

  /** Finds what is wrong with a loaded state now, and not at the first step. */
  private void checkSaved(Map<String, INDArray> parameters) {
    List<Anchor.Place> places = new ArrayList<>();
    parameters.forEach(
        (name, parameter) -> {
          if (sd.getUpdaterMap() != null && updaters().get(name) instanceof AdamRUpdater updater) {
            Slot.checkState(name, parameter, updater.m(), updater.v());
            places.add(new Anchor.Place(name, parameter, updater.anchorPlane()));
          }
        });
    anchor.checkSaved(places);
  }

  /** All that {@code sd.fit} would train. */
  static Map<String, INDArray> parameters(SameDiff sd) {
    Map<String, INDArray> parameters = new TreeMap<>();
    for (SDVariable variable : sd.variables()) {
      if (variable.getVariableType() == VariableType.VARIABLE && variable.dataType().isFPType()) {
        parameters.put(variable.name(), variable.getArr());
      }
    }
    return parameters;
  }

  /** The configuration in force, also where it was replaced after training had begun. */
  private static AdamR config(SameDiff sd) {
    TrainingConfig training = sd.getTrainingConfig();
    if (training == null || !(training.getUpdater() instanceof AdamR config)) {
      throw new IllegalStateException(
          "AdamR must be the updater of the training configuration, which is "
              + (training == null ? "not set" : training.getUpdater()));
    }
    return config;
  }

  /**
   * What a checkpoint of one's own needs besides weights, iteration and epoch, for models that
   * {@code SameDiff.save} cannot hold (it fails above about 1 GiB): the live arrays {@code m:NAME},
   * {@code v:NAME} and, of anchored parameters, {@code anchor:NAME}.
   *
   * @throws IllegalStateException before the first step and within one
   */
  public SortedMap<String, INDArray> state() {
    if (step == null || iterationOpen) {
      throw new IllegalStateException("AdamR has no state before its first step or within a step");
    }
    SortedMap<String, INDArray> state = step.moments();
    for (Slot slot : step.slots()) {
      if (slot.anchored()) {
        state.put(ANCHOR_PREFIX + slot.name(), slot.anchor());
      }
    }
    return state;
  }

  /**
   * Goes on where {@link #state()} was taken, bitwise as if never stopped; call it once after
   * attaching to a network that holds the weights of then.
   *
   * @param iteration the number of steps taken by then
   * @param epoch the number of epochs finished by then
   * @param state copied at the first step, and to be left alone until then
   * @throws IllegalArgumentException if a count is negative, or the state is not one of this
   *     network; lists all that differs
   */
  public void restore(int iteration, int epoch, Map<String, INDArray> state) {
    if (iteration < 0 || epoch < 0) {
      throw new IllegalArgumentException(
          "iteration and epoch must not be negative, got " + iteration + " and " + epoch);
    }
    Map<String, INDArray> parameters = parameters(sd);
    List<String> faults = new ArrayList<>();
    new TreeMap<>(state)
        .forEach(
            (key, array) -> {
              INDArray parameter = parameters.get(key.substring(key.indexOf(':') + 1));
              if (!key.matches("(m|v|anchor):.+") || parameter == null) {
                faults.add(key + " is unknown");
              } else if (!Arrays.equals(parameter.shape(), array.shape())) {
                faults.add(
                    key + ": expected " + Anchor.form(parameter) + ", got " + Anchor.form(array));
              }
            });
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException("saved state does not fit: " + String.join("; ", faults));
    }
    restored = Map.copyOf(state);
    sd.getTrainingConfig().setIterationCount(iteration);
    sd.getTrainingConfig().setEpochCount(epoch);
  }

  /** Fills the planes of the updaters, which DL4J makes only when training starts. */
  private void fillRestored() {
    if (restored.isEmpty()) {
      return;
    }
    for (String name : trained.keySet()) {
      AdamRUpdater updater = updater(name);
      if (!restored.containsKey(AdamRStep.M_PREFIX + name)
          || !restored.containsKey(AdamRStep.V_PREFIX + name)) {
        throw new IllegalStateException("the restored state lacks m or v of " + name);
      }
      updater.m().assign(restored.get(AdamRStep.M_PREFIX + name));
      updater.v().assign(restored.get(AdamRStep.V_PREFIX + name));
      updater.anchorPlane().fill(restored.get(ANCHOR_PREFIX + name));
    }
    restored = Map.of();
  }

  @Override
  public Optional<StepReport> lastStep() {
    return Optional.ofNullable(lastStep);
  }

  @Override
  public SortedMap<String, DeltaStatistics> deltas() {
    return DeltaStatistics.perPath(step == null ? List.of() : step.slots());
  }

  @Override
  public boolean isActive(Operation operation) {
    return operation == Operation.TRAINING;
  }

  @Override
  public void iterationStart(SameDiff sd, At at, MultiDataSet data, long etlTimeMs) {
    trained.clear();
    iterationOpen = true;
    awaiting = false;
  }

  /** The updaters, which DL4J may have made since the iteration started, are told of it here. */
  @Override
  public void preOpExecution(SameDiff sd, At at, SameDiffOp op, OpContext context) {
    if (!awaiting) {
      awaiting = true;
      own().forEach(AdamRUpdater::await);
    }
  }

  /** An entry of the counts saved with the state, 0 where there are none. */
  private long counted(int entry) {
    return own()
        .flatMap(updater -> updater.counts().stream())
        .mapToLong(counts -> counts.getLong(entry))
        .max()
        .orElse(0);
  }

  private Stream<AdamRUpdater> own() {
    return sd.getUpdaterMap() == null
        ? Stream.empty()
        : updaters().values().stream()
            .filter(AdamRUpdater.class::isInstance)
            .map(AdamRUpdater.class::cast);
  }

  @Override
  public void preUpdate(SameDiff sd, At at, Variable v, INDArray update) {
    trained.put(v.getName(), v);
  }

  @Override
  public void iterationDone(SameDiff sd, At at, MultiDataSet dataSet, Loss loss) {
    iterationOpen = false;
    Map<String, INDArray> gradients = new TreeMap<>();
    for (String name : trained.keySet()) {
      gradients.put(name, updater(name).gradient());
      updater(name).done();
    }
    if (gradients.isEmpty()) {
      return;
    }
    if (step == null || !isCurrent()) {
      step = newStep();
    }
    AdamR config = config(this.sd);
    for (Slot slot : step.slots()) {
      slot.next(config, gradients.get(slot.name()));
    }
    lastStep = step.step(at.iteration(), at.epoch(), config.getMaxGradientNorm());
    own().forEach(updater -> updater.counts(at.iteration() + 1, at.epoch()));
  }

  @Override
  public ListenerResponse epochEnd(SameDiff sd, At at, LossCurve losses, long milliseconds) {
    own()
        .forEach(
            updater ->
                updater.counts(this.sd.getTrainingConfig().getIterationCount(), at.epoch() + 1));
    return super.epochEnd(sd, at, losses, milliseconds);
  }

  private boolean isCurrent() {
    return step.slots().size() == trained.size()
        && step.slots().stream()
            .allMatch(
                slot ->
                    trained.containsKey(slot.name())
                        && slot.isOver(array(trained.get(slot.name())), updater(slot.name()).m()));
  }

  /** The anchors of a fresh state are known from here on, as θ still is what training starts at. */
  private AdamRStep newStep() {
    fillRestored();
    anchor.fill(
        trained.keySet().stream()
            .map(
                name ->
                    new Anchor.Place(name, array(trained.get(name)), updater(name).anchorPlane()))
            .toList());
    anchor = anchor.namesOnly();
    List<Slot> slots = new ArrayList<>();
    trained.forEach(
        (name, variable) -> {
          AdamRUpdater updater = updater(name);
          INDArray parameter = array(variable);
          updater.layOutLike(parameter);
          slots.add(
              new Slot(
                  name, parameter, updater.m(), updater.v(), updater.anchorPlane().valueOrNull()));
        });
    return new AdamRStep(slots);
  }

  private static INDArray array(Variable variable) {
    return variable.getVariable().getArr();
  }

  private AdamRUpdater updater(String name) {
    if (updaters().get(name) instanceof AdamRUpdater updater) {
      return updater;
    }
    throw new IllegalStateException(
        name + " is not trained by AdamR but by " + updaters().get(name));
  }

  @SuppressWarnings("rawtypes") // as SameDiff declares it
  private Map<String, GradientUpdater> updaters() {
    return sd.getUpdaterMap();
  }
}
