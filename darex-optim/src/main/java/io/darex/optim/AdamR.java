package io.darex.optim;

import java.util.Map;
import java.util.function.Consumer;
import lombok.EqualsAndHashCode;
import lombok.Getter;
import lombok.ToString;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Configuration of AdamR: Adam with a decoupled pull toward the pre-trained weights θ_P.
 *
 * <p>One step, with s ONE scalar over all anchored parameters (docs/METHOD.md §4.1, from Deng et
 * al., arXiv 2410.09344, and its authors' code):
 *
 * <pre>
 * m ← β1·m + (1−β1)·g      v ← β2·v + (1−β2)·g²      v̂ = v/(1−β2^t)
 * s = sqrt(mean of v̂ over all anchored elements)     (1 if that is 0, or without normalisation)
 * θ ← θ − min(1, λη/s)·(θ − θ_P)                      (L2; see {@link Penalty} for L1 and L1_PROX)
 * θ ← θ − η/(1−β1^t)·m/(sqrt(v̂)+ε)
 * </pre>
 *
 * <p>ε is added to sqrt(v̂) as in the paper, unlike ND4J's own Adam, which differs by up to a
 * quarter where gradients are tiny. Parameters without a pre-trained value, such as a task head,
 * take plain Adam steps and do not enter s; λ = 0 is Adam for all.
 *
 * <p>Because of s a step can only end after the last gradient. DL4J's updaters are called earlier
 * than that, so training has to be told about AdamR once: {@link #attach(SameDiff, Anchor)}, for
 * all of DL4J's networks. Where this was forgotten the first update fails, and where {@code
 * setListeners} has taken AdamR's listener away again: further ones go to {@code addListeners}.
 *
 * <p>Immutable but for {@link #setLrAndSchedule}, which DL4J demands, and its like for λ.
 */
@Getter
@EqualsAndHashCode
@ToString
public final class AdamR implements IUpdater {
  private double learningRate;
  private ISchedule learningRateSchedule;
  private double lambda;
  private ISchedule lambdaSchedule;
  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private final Penalty penalty;
  private final Normalisation normalisation;
  private final double maxGradientNorm;

  private AdamR(Builder from) {
    learningRate = from.learningRate;
    learningRateSchedule = from.learningRateSchedule;
    lambda = from.lambda;
    lambdaSchedule = from.lambdaSchedule;
    beta1 = from.beta1;
    beta2 = from.beta2;
    epsilon = from.epsilon;
    penalty = from.penalty;
    normalisation = from.normalisation;
    maxGradientNorm = from.maxGradientNorm;
    if (learningRateSchedule == null) {
      checkNotNegative("learningRate", learningRate);
    }
    if (lambdaSchedule == null) {
      checkNotNegative("lambda", lambda);
    }
    checkDecay("beta1", beta1);
    checkDecay("beta2", beta2);
    if (!(epsilon > 0 && Double.isFinite(epsilon))) {
      throw new IllegalArgumentException("epsilon must be finite and above 0, got " + epsilon);
    }
    checkNotNegative("maxGradientNorm", maxGradientNorm);
    if (penalty == null || normalisation == null) {
      throw new IllegalArgumentException(
          "penalty and normalisation must be set, got " + penalty + " and " + normalisation);
    }
  }

  /** A builder with every default. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder with the values of this configuration. */
  public Builder toBuilder() {
    return new Builder()
        .learningRate(learningRate)
        .learningRateSchedule(learningRateSchedule)
        .lambda(lambda)
        .lambdaSchedule(lambdaSchedule)
        .beta1(beta1)
        .beta2(beta2)
        .epsilon(epsilon)
        .penalty(penalty)
        .normalisation(normalisation)
        .maxGradientNorm(maxGradientNorm);
  }

  /** What JSON leaves out keeps its default, where a plain constructor would silently make it 0. */
  @JsonCreator
  static AdamR fromJson(
      @JsonProperty("learningRate") Double learningRate,
      @JsonProperty("learningRateSchedule") ISchedule learningRateSchedule,
      @JsonProperty("lambda") Double lambda,
      @JsonProperty("lambdaSchedule") ISchedule lambdaSchedule,
      @JsonProperty("beta1") Double beta1,
      @JsonProperty("beta2") Double beta2,
      @JsonProperty("epsilon") Double epsilon,
      @JsonProperty("penalty") Penalty penalty,
      @JsonProperty("normalisation") Normalisation normalisation,
      @JsonProperty("maxGradientNorm") Double maxGradientNorm) {
    Builder builder =
        builder().learningRateSchedule(learningRateSchedule).lambdaSchedule(lambdaSchedule);
    ifGiven(learningRate, builder::learningRate);
    ifGiven(lambda, builder::lambda);
    ifGiven(beta1, builder::beta1);
    ifGiven(beta2, builder::beta2);
    ifGiven(epsilon, builder::epsilon);
    ifGiven(penalty, builder::penalty);
    ifGiven(normalisation, builder::normalisation);
    ifGiven(maxGradientNorm, builder::maxGradientNorm);
    return builder.build();
  }

  private static <T> void ifGiven(T value, Consumer<T> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }

  /**
   * Makes {@code sd.fit} train with AdamR: call it once before training, after {@code
   * setTrainingConfig}, and once more after a load.
   *
   * @param anchor which parameters are pulled, and toward what
   * @return the listener that ends each step, to ask for its {@link SameDiffAdamR#lastStep()}
   * @throws IllegalStateException if the training configuration of {@code sd} has another updater,
   *     or maximises, or a loaded state is of another size or has anchors for other parameters
   * @throws IllegalArgumentException if given anchors do not fit the variables (lists all that do
   *     not), none is anchored while λ is not 0, or a parameter is neither FLOAT nor DOUBLE
   */
  public static SameDiffAdamR attach(SameDiff sd, Anchor anchor) {
    return SameDiffAdamR.attach(sd, anchor);
  }

  /**
   * Makes {@code network.fit} train with AdamR where it is the updater of a layer: call it once
   * before training, and once more after a restore. s is one over all these layers.
   *
   * <p>Names are those of {@code network.paramTable()}, such as {@code 0_W}. What is frozen or
   * trained by another updater is not anchored, whatever its name.
   *
   * @param anchor which parameters are pulled, and toward what
   * @return the listener that ends each step, to ask for its {@link NetworkAdamR#lastStep()}
   * @throws IllegalStateException if no layer trains with AdamR, the layers differ in {@code
   *     maxGradientNorm}, another optimisation algorithm than stochastic gradient descent is set,
   *     or a restored state has anchors for other parameters (lists all such)
   * @throws IllegalArgumentException if given anchors do not fit the parameters (lists all that do
   *     not), none is anchored while λ is not 0, or the network is neither FLOAT nor DOUBLE
   */
  public static NetworkAdamR attach(MultiLayerNetwork network, Anchor anchor) {
    network.init();
    return NetworkAdamR.attach(network, network.getListeners(), anchor);
  }

  /** As {@link #attach(MultiLayerNetwork, Anchor)}; names are such as {@code layer_W}. */
  public static NetworkAdamR attach(ComputationGraph network, Anchor anchor) {
    network.init();
    return NetworkAdamR.attach(network, network.getListeners(), anchor);
  }

  /** λ at an iteration and epoch, both from 0. */
  public double getLambda(int iteration, int epoch) {
    return lambdaSchedule == null ? lambda : lambdaSchedule.valueAt(iteration, epoch);
  }

  @Override
  public double getLearningRate(int iteration, int epoch) {
    return learningRateSchedule == null
        ? learningRate
        : learningRateSchedule.valueAt(iteration, epoch);
  }

  @Override
  public boolean hasLearningRate() {
    return true;
  }

  @Override
  public void setLrAndSchedule(double lr, ISchedule lrSchedule) {
    if (lrSchedule == null) {
      checkNotNegative("learningRate", lr);
    }
    learningRate = lr;
    learningRateSchedule = lrSchedule;
  }

  /**
   * Changes λ and its schedule, as {@link #setLrAndSchedule} does the learning rate; in a network
   * already built use {@link NetworkAdamR#setLambda}, which sees to all its layers.
   *
   * @throws IllegalArgumentException if there is no schedule and λ is negative or not finite
   */
  public void setLambdaAndSchedule(double lambda, ISchedule lambdaSchedule) {
    if (lambdaSchedule == null) {
      checkNotNegative("lambda", lambda);
    }
    this.lambda = lambda;
    this.lambdaSchedule = lambdaSchedule;
  }

  /** Whether λ is, or may come to be, above 0. */
  boolean pulls() {
    return lambda > 0 || lambdaSchedule != null;
  }

  /** Three planes: m, v and the anchor, which is part of the state so that a resume has it. */
  @Override
  public long stateSize(long numParams) {
    return 3 * numParams;
  }

  @Override
  public GradientUpdater<AdamR> instantiate(INDArray viewArray, boolean initializeViewArray) {
    AdamRUpdater updater = new AdamRUpdater(this);
    INDArray flat = viewArray.reshape(viewArray.length());
    updater.setStateViewArray(
        flat, new long[] {flat.length() / 3}, flat.ordering(), initializeViewArray);
    return updater;
  }

  @Override
  public GradientUpdater<AdamR> instantiate(
      Map<String, INDArray> updaterState, boolean initializeStateArrays) {
    AdamRUpdater updater = new AdamRUpdater(this);
    updater.setState(updaterState, initializeStateArrays);
    return updater;
  }

  @Override
  @SuppressWarnings(
      "MethodDoesntCallSuperMethod") // the constructor checks what super.clone() would not
  public AdamR clone() {
    return toBuilder().build();
  }

  private static void checkNotNegative(String name, double value) {
    if (!(value >= 0 && Double.isFinite(value))) {
      throw new IllegalArgumentException(name + " must be finite and not negative, got " + value);
    }
  }

  private static void checkDecay(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(name + " must be in [0, 1), got " + value);
    }
  }

  /** Builds an {@link AdamR}; what is not set keeps its default. */
  public static final class Builder {
    private double learningRate = 2e-5;
    private ISchedule learningRateSchedule;
    private double lambda = 1e-4;
    private ISchedule lambdaSchedule;
    private double beta1 = 0.9;
    private double beta2 = 0.999;
    private double epsilon = 1e-8;
    private Penalty penalty = Penalty.L2;
    private Normalisation normalisation = Normalisation.GLOBAL;
    private double maxGradientNorm = 0;

    private Builder() {}

    /**
     * η: the learning rate.
     *
     * @param learningRate the rate, finite and not negative; 2e-5 by default
     */
    public Builder learningRate(double learningRate) {
      this.learningRate = learningRate;
      return this;
    }

    /**
     * Lets η go by iteration or epoch, as {@link WarmupLinearSchedule} does.
     *
     * @param learningRateSchedule the schedule, which rules over {@link #learningRate(double)};
     *     null, the default, for none
     */
    public Builder learningRateSchedule(ISchedule learningRateSchedule) {
      this.learningRateSchedule = learningRateSchedule;
      return this;
    }

    /**
     * λ: how strong the pull toward the pre-trained weights is.
     *
     * @param lambda the strength, finite and not negative, 0 for plain Adam; 1e-4 by default
     */
    public Builder lambda(double lambda) {
      this.lambda = lambda;
      return this;
    }

    /**
     * Lets λ go by iteration or epoch.
     *
     * @param lambdaSchedule the schedule, which rules over {@link #lambda(double)}; null, the
     *     default, for none
     */
    public Builder lambdaSchedule(ISchedule lambdaSchedule) {
      this.lambdaSchedule = lambdaSchedule;
      return this;
    }

    /**
     * β1: the decay of the mean of gradients.
     *
     * @param beta1 the decay, at least 0 and below 1; 0.9 by default
     */
    public Builder beta1(double beta1) {
      this.beta1 = beta1;
      return this;
    }

    /**
     * β2: the decay of the mean of squared gradients.
     *
     * @param beta2 the decay, at least 0 and below 1; 0.999 by default
     */
    public Builder beta2(double beta2) {
      this.beta2 = beta2;
      return this;
    }

    /**
     * ε: what is added to sqrt(v̂).
     *
     * @param epsilon the addend, finite and above 0; 1e-8 by default
     */
    public Builder epsilon(double epsilon) {
      this.epsilon = epsilon;
      return this;
    }

    /**
     * How weights are pulled.
     *
     * @param penalty not null; {@link Penalty#L2} by default
     */
    public Builder penalty(Penalty penalty) {
      this.penalty = penalty;
      return this;
    }

    /**
     * What the pull is divided by.
     *
     * @param normalisation not null; {@link Normalisation#GLOBAL} by default
     */
    public Builder normalisation(Normalisation normalisation) {
      this.normalisation = normalisation;
      return this;
    }

    /**
     * The L2 norm over all gradients above which they are scaled down to it.
     *
     * @param maxGradientNorm the norm, finite and not negative; 0, the default, for no limit
     */
    public Builder maxGradientNorm(double maxGradientNorm) {
      this.maxGradientNorm = maxGradientNorm;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException if a value is outside its range; names it
     */
    public AdamR build() {
      return new AdamR(this);
    }
  }
}
