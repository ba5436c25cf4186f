package io.darex.optim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import lombok.extern.slf4j.Slf4j;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.ConvexOptimizer;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * Ends the AdamR steps of a {@code MultiLayerNetwork} or {@code ComputationGraph}; {@code
 * AdamR.attach} makes one.
 *
 * <p>The updaters only take the gradients away (see {@link AdamRUpdater}). When the iteration is
 * done all are there, and one step is taken over all parameters whose updater is an {@link AdamR},
 * whatever their learning rates and penalties, with one s. Parameters of other updaters, frozen
 * ones and the running statistics of batch normalisation are none of its business.
 *
 * <p>Listeners that come after it, which are all that are added with {@code addListeners}, find
 * weights, state and counts as they are after the step, so a model saved by one goes on exactly,
 * and in {@code model.gradient()} what was subtracted from the weights, as with any other updater.
 */
@Slf4j
public final class NetworkAdamR extends BaseTrainingListener implements AdamRTraining {
  private final Model network;
  private final NetworkCounts counts;
  private Anchor anchor;
  private List<UpdaterBlock> blocks;
  private List<NetworkParameter> parameters;
  private List<Part> parts = List.of();
  private AdamRStep step;
  private StepReport lastStep;

  /** A parameter that is being trained, and its gradient, which always lies in the same place. */
  private record Part(NetworkParameter parameter, Slot slot, INDArray gradient) {}

  private NetworkAdamR(Model network, Anchor anchor) {
    this.network = network;
    this.counts = new NetworkCounts(network);
    this.anchor = anchor;
    this.blocks = NetworkParameter.blocks(network);
    this.parameters = NetworkParameter.of(network);
  }

  static NetworkAdamR attach(Model network, Collection<TrainingListener> present, Anchor anchor) {
    NetworkAdamR attached = new NetworkAdamR(network, anchor);
    attached.check();
    attached.begin();
    // First of all, so that any other listener finds the step finished; in a list of our own,
    // because DL4J empties the present one before it reads what it is given.
    List<TrainingListener> listeners = new ArrayList<>(List.of(attached));
    present.stream()
        .filter(listener -> !(listener instanceof NetworkAdamR))
        .forEach(listeners::add);
    network.setListeners(listeners);
    return attached;
  }

  private void check() {
    OptimizationAlgorithm algorithm = network.conf().getOptimizationAlgo();
    if (algorithm != OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT) {
      throw new IllegalStateException(
          "AdamR needs the optimisation algorithm STOCHASTIC_GRADIENT_DESCENT, got " + algorithm);
    }
    if (parameters.isEmpty()) {
      throw new IllegalStateException(
          "AdamR must be the updater of some layer that is not frozen; the updaters are "
              + updaters());
    }
    maxGradientNorm();
    SortedMap<String, INDArray> own = new TreeMap<>();
    parameters.forEach(parameter -> own.put(parameter.name(), parameter.shaped()));
    own.forEach(Slot::checkType);
    boolean pulls = parameters.stream().anyMatch(parameter -> parameter.config().pulls());
    anchor.check(pulls, own, network.paramTable());
    anchor.checkSaved(places());
    log.info(
        "AdamR trains {} of {} parameters, anchored are {}",
        own.size(),
        network.paramTable().size(),
        own.keySet().stream().filter(anchor::covers).toList());
  }

  /** Goes on where a restored state was saved, or afresh where there is none. */
  private void begin() {
    if (parameters.stream().noneMatch(parameter -> parameter.shapedAnchor().known())) {
      counts.reset();
    } else if (parameters.stream().noneMatch(parameter -> parameter.updater().attached())) {
      counts.catchUp();
    }
    parameters.forEach(parameter -> parameter.updater().attach());
  }

  private Set<String> updaters() {
    Set<String> names = new TreeSet<>();
    blocks.forEach(block -> names.add(String.valueOf(block.getGradientUpdater().getConfig())));
    return names;
  }

  private List<Anchor.Place> places() {
    return parameters.stream()
        .map(
            parameter ->
                new Anchor.Place(parameter.name(), parameter.shaped(), parameter.shapedAnchor()))
        .toList();
  }

  /**
   * Changes λ, and its schedule, of all parameters from the next step on, as after a resume; a
   * saved model has the new one.
   *
   * @param lambda for all iterations if {@code schedule} is null
   * @throws IllegalArgumentException if λ is negative or not finite
   * @throws IllegalStateException if neighbouring updater blocks differ in nothing but λ: equal,
   *     they would be one block in a saved model, and its state would be read wrongly
   */
  public void setLambda(double lambda, ISchedule schedule) {
    NetworkParameter last = null;
    for (NetworkParameter parameter : parameters) {
      if (last != null
          && last.updater() != parameter.updater()
          && last.place().getParamOffsetEnd() == parameter.place().getParamOffsetStart()
          && with(last, lambda, schedule).equals(with(parameter, lambda, schedule))) {
        throw new IllegalStateException(
            "%s and %s would have equal configurations with λ = %s, and so one saved state; they differ in λ alone"
                .formatted(last.name(), parameter.name(), schedule == null ? lambda : schedule));
      }
      last = parameter;
    }
    parameters.forEach(parameter -> parameter.config().setLambdaAndSchedule(lambda, schedule));
  }

  private static AdamR with(NetworkParameter parameter, double lambda, ISchedule schedule) {
    return parameter.config().toBuilder().lambda(lambda).lambdaSchedule(schedule).build();
  }

  @Override
  public Optional<StepReport> lastStep() {
    return Optional.ofNullable(lastStep);
  }

  @Override
  public SortedMap<String, DeltaStatistics> deltas() {
    return DeltaStatistics.perLayer(
        parts.stream().map(Part::slot).toList(), name -> name.substring(0, name.lastIndexOf('_')));
  }

  /**
   * The updaters come after this, and are told that their gradients are awaited.
   *
   * @throws IllegalStateException if this is not the network it was attached to, it is not its
   *     first listener any more, or gradients are shared with other networks
   */
  @Override
  public void onGradientCalculation(Model model) {
    if (model != network) {
      throw new IllegalStateException(
          "AdamR was attached to another network than the one that is trained; attach it to that"
              + " one too. ParallelWrapper and layerwise pretraining, which train copies or parts,"
              + " cannot work with AdamR");
    }
    if (optimizer().getGradientsAccumulator() != null) {
      throw new IllegalStateException(
          "AdamR cannot train with shared gradients (a GradientsAccumulator, as ParallelWrapper"
              + " has): these are what updaters return, and its updaters return zeros");
    }
    TrainingListener first = listeners().iterator().next();
    if (first != this) {
      throw new IllegalStateException(
          "AdamR's listener must be the first, or others find its step unfinished, but %s is: call AdamR.attach again, and add others with addListeners"
              .formatted(first.getClass().getName()));
    }
    refresh();
    parameters.forEach(parameter -> parameter.updater().await());
  }

  private ConvexOptimizer optimizer() {
    return network instanceof ComputationGraph graph
        ? graph.getOptimizer()
        : ((MultiLayerNetwork) network).getOptimizer();
  }

  private Collection<TrainingListener> listeners() {
    return network instanceof ComputationGraph graph
        ? graph.getListeners()
        : ((MultiLayerNetwork) network).getListeners();
  }

  private void refresh() {
    if (blocks != NetworkParameter.blocks(network)) {
      blocks = NetworkParameter.blocks(network);
      parameters = NetworkParameter.of(network);
      parts = List.of();
    }
  }

  /**
   * Takes the step.
   *
   * @throws ArithmeticException if a gradient is NaN or infinite; names it and the iteration, and
   *     no weight and no state of AdamR's has been changed
   */
  @Override
  public void iterationDone(Model model, int iteration, int epoch) {
    List<NetworkParameter> trained =
        parameters.stream().filter(parameter -> parameter.updater().holdsGradient()).toList();
    if (!trained.isEmpty()) {
      if (!names(trained.stream()).equals(names(parts.stream().map(Part::parameter)))) {
        prepare(trained);
      }
      parameters.forEach(parameter -> parameter.updater().done());
      parts.forEach(part -> part.slot().next(part.parameter().config(), part.gradient()));
      step(iteration, epoch);
    }
    counts.noteIterations(iteration + 1);
  }

  /** Others read what was subtracted from the weights where they have it from other updaters. */
  private void step(int iteration, int epoch) {
    boolean watched =
        listeners().stream()
            .anyMatch(other -> !(other instanceof NetworkAdamR || other instanceof DeltaListener));
    if (watched) {
      parts.forEach(part -> part.parameter().update().assign(part.parameter().values()));
    }
    lastStep = step.step(iteration, epoch, maxGradientNorm());
    if (watched) {
      parts.forEach(part -> part.parameter().update().subi(part.parameter().values()));
    }
  }

  @Override
  public void onEpochEnd(Model model) {
    counts.noteEpoch();
  }

  private static List<String> names(Stream<NetworkParameter> parameters) {
    return parameters.map(NetworkParameter::name).toList();
  }

  /** The anchors of a fresh state are known from here on, as θ still is what training starts at. */
  private void prepare(List<NetworkParameter> trained) {
    anchor.fill(places());
    anchor = anchor.namesOnly();
    parts =
        trained.stream()
            .map(
                parameter ->
                    new Part(
                        parameter, parameter.slot(), parameter.cut(parameter.updater().gradient())))
            .toList();
    step = new AdamRStep(parts.stream().map(Part::slot).toList());
  }

  /** The norm is one over all gradients, so there is one limit to it. */
  private double maxGradientNorm() {
    NetworkParameter first = parameters.get(0);
    double norm = first.config().getMaxGradientNorm();
    for (NetworkParameter parameter : parameters) {
      if (parameter.config().getMaxGradientNorm() != norm) {
        throw new IllegalStateException(
            "maxGradientNorm must be the same for all parameters: it is %s for %s and %s for %s"
                .formatted(
                    norm, first.name(), parameter.config().getMaxGradientNorm(), parameter.name()));
      }
    }
    return norm;
  }
}
