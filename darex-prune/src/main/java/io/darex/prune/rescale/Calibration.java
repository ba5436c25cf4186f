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
 * kept: none of it depends on mask or drop rate. What is reduced with a delta is kept for the delta
 * last asked for.
 */
public final class Calibration {
  private final Supplier<SortedMap<String, LayerInput>> recording;
  private Optional<SortedMap<String, LayerInput>> inputs = Optional.empty();
  private Optional<Kept> influences = Optional.empty();

  /** What was last reduced, and with which delta. */
  private record Kept(Delta delta, List<LayerInfluences> sums) {
    /** The same object: comparing what two deltas consist of would not tell more. */
    @SuppressWarnings("ReferenceEquality")
    boolean of(Delta other) {
      return delta == other;
    }
  }

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
  public synchronized List<LayerInfluences> influences(Delta delta, int threads) {
    if (influences.filter(kept -> kept.of(delta)).isEmpty()) {
      List<LayerInfluences> sums =
          InfluenceSums.of(delta, PrunedLayer.of(delta, inputs()), threads);
      influences = Optional.of(new Kept(delta, sums));
    }
    return influences.get().sums();
  }
}
