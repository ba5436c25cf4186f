package io.darex.prune.rescale;

import io.darex.prune.LayerInput;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Supplier;

/**
 * What unlabelled texts reveal of one tuned model, recorded when it is first asked for and then
 * kept: neither depends on mask or drop rate.
 */
public final class Calibration {
  private final Supplier<SortedMap<String, LayerInput>> recording;
  private final Outputs outputs;
  private Optional<SortedMap<String, LayerInput>> inputs = Optional.empty();

  /**
   * @param recording by tuned name of a linear layer's weight, what entered it in the tuned model
   * @param outputs of the network
   */
  public Calibration(Supplier<SortedMap<String, LayerInput>> recording, Outputs outputs) {
    this.recording = recording;
    this.outputs = outputs;
  }

  /** By tuned name of a linear layer's weight, what entered it. */
  public synchronized SortedMap<String, LayerInput> inputs() {
    if (inputs.isEmpty()) {
      inputs = Optional.of(recording.get());
    }
    return inputs.get();
  }

  /** The network's outputs. */
  public Outputs outputs() {
    return outputs;
  }
}
