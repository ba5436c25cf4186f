package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import io.darex.prune.SparseDelta;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What the engines have in common whose parameters lie in host memory: all but the computation. */
abstract class HostEncoder implements Encoder {
  final EncoderConfig config;
  final Parameters parameters;
  final Slots slots;

  /** The delta that is on, beside the weights. */
  private Optional<BesideDelta> attached = Optional.empty();

  /**
   * The weights of {@code checkpoint}.
   *
   * @throws IllegalArgumentException as {@link #load} does
   */
  HostEncoder(EncoderConfig config, Checkpoint checkpoint, long headSeed) {
    this.config = config;
    parameters = Parameters.started(config, checkpoint, headSeed, DataType.FLOAT);
    slots = new Slots(parameters.arrays());
  }

  @Override
  public final EncoderConfig config() {
    return config;
  }

  @Override
  public final Gradients gradients(Batch batch, int[] labels, long dropoutSeed) {
    Loss loss = Loss.crossEntropy(config, batch, labels);
    return trained(batch, loss, OptionalLong.of(dropoutSeed));
  }

  @Override
  public final Gradients gradients(Batch batch, float[] targets, long dropoutSeed) {
    Loss loss = Loss.squaredError(config, batch, targets);
    return trained(batch, loss, OptionalLong.of(dropoutSeed));
  }

  @Override
  public final Gradients gradients(Batch batch, Loss loss) {
    config.requireHead();
    return trained(batch, loss, OptionalLong.empty());
  }

  private Gradients trained(Batch batch, Loss loss, OptionalLong dropoutSeed) {
    parameters.requireOpen();
    requireDetached("training");
    return gradients(batch, loss, dropoutSeed);
  }

  /** The value of a loss and its gradients, with dropout where there is a seed. */
  abstract Gradients gradients(Batch batch, Loss loss, OptionalLong dropoutSeed);

  /** Is told before the values in host memory are read or handed out. */
  void beforeReading() {}

  /** Is told after the values in host memory have been set. */
  void afterSetting() {}

  /** A pass that is differentiated. */
  final Pass training(Batch batch, OptionalLong dropoutSeed) {
    return pass(batch, true, dropoutSeed, BesideDelta.NOTHING);
  }

  /** A pass for its results alone. */
  final Pass inference(Batch batch) {
    parameters.requireOpen();
    return pass(batch, false, OptionalLong.empty(), attached());
  }

  /** The same with a delta of each text. */
  final Pass inference(Batch batch, List<BesideDelta> deltas) {
    parameters.requireOpen();
    return new Pass(new Packed(batch, config), false, OptionalLong.empty(), deltas);
  }

  private Pass pass(Batch batch, boolean keeping, OptionalLong dropoutSeed, BesideDelta delta) {
    List<BesideDelta> deltas = Collections.nCopies(batch.rows(), delta);
    return new Pass(new Packed(batch, config), keeping, dropoutSeed, deltas);
  }

  /** What is beside the weights. */
  final BesideDelta attached() {
    return attached.orElse(BesideDelta.NOTHING);
  }

  @Override
  public Map<String, INDArray> parameters() {
    return parameters.arrays();
  }

  @Override
  public final Checkpoint checkpoint() {
    requireDetached("a copy of the parameters");
    parameters.requireOpen();
    beforeReading();
    return parameters.snapshot();
  }

  @Override
  public final void load(Checkpoint checkpoint) {
    requireDetached("loading");
    parameters.load(checkpoint);
    afterSetting();
  }

  @Override
  public final void attach(SparseDelta delta) {
    parameters.requireOpen();
    detach();
    requireKeeps(delta);
    beforeReading();
    attached = Optional.of(new BesideDelta(delta, config, this));
  }

  /**
   * @throws IllegalArgumentException if this engine cannot keep such a delta beside its weights
   */
  void requireKeeps(SparseDelta delta) {}

  @Override
  public final void detach() {
    attached.ifPresent(BesideDelta::close);
    attached = Optional.empty();
  }

  @Override
  public final MultiplyAdds multiplyAdds() {
    return attached
        .orElseThrow(() -> new IllegalStateException("no delta is attached"))
        .multiplyAdds();
  }

  private void requireDetached(String what) {
    if (attached.isPresent()) {
      throw new IllegalStateException(
          "expected no delta attached for " + what + ", got one: detach it first");
    }
  }

  @Override
  public void close() {
    detach();
    slots.close();
    parameters.close();
  }
}
