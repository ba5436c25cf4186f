package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.LayerInput;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Supplier;

/**
 * What unlabelled texts reveal of one tuned model, recorded when it is first asked for and then
 * kept: none of it depends on mask or drop rate.
 */
public final class Calibration {
  private final Supplier<SortedMap<String, LayerInput>> recording;
  private Optional<SortedMap<String, LayerInput>> inputs = Optional.empty();

  /**
   * @param recording by tuned name of a linear layer's weight, what entered it in the tuned model
   */
  public Calibration(Supplier<SortedMap<String, LayerInput>> recording) {
    this.recording = recording;
  }

  /** By tuned name of a linear layer's weight, what entered it. */
  public synchronized SortedMap<String, LayerInput> inputs() {
    if (inputs.isEmpty()) {
      inputs = Optional.of(recording.get());
    }
    return inputs.get();
  }

  /**
   * The influences of every pruned linear layer's delta, by name.
   *
   * @throws MismatchException naming the layers whose input does not fit their delta; or if no
   *     layer whose input was recorded is pruned
   * @throws NonFiniteException if a delta that is read is NaN or infinite
   */
  public List<LayerInfluences> influences(Delta delta, int threads) {
    return InfluenceSums.of(delta, PrunedLayer.of(delta, inputs()), threads);
  }
}
