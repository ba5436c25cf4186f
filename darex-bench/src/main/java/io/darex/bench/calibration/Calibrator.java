package io.darex.bench.calibration;

import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.task.TextBatches;
import io.darex.prune.Checkpoint;
import io.darex.prune.LayerInput;
import io.darex.prune.rescale.Calibration;
import io.darex.prune.rescale.Evidence;
import java.util.Arrays;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What unlabelled texts reveal of one tuned model, as {@link Evidence} for masks and rescales. Each
 * part is computed when it is first asked for.
 *
 * <p>Not thread-safe, as the encoder is not.
 */
public final class Calibrator {
  private final LoadedEncoder encoder;
  private final Checkpoint tuned;
  private final TextBatches texts;

  /** By parameter of the encoder, what the tuned checkpoint calls it. */
  private final SortedMap<String, String> names;

  private final Calibration calibration;
  private Optional<OutputChange> change = Optional.empty();
  private long passes;

  /**
   * @param encoder the evidence is of use while it is open
   * @param tuned the tuned model, whose names are those of the evidence
   */
  public Calibrator(LoadedEncoder encoder, Checkpoint tuned, CalibrationTexts texts) {
    this.encoder = encoder;
    this.tuned = tuned;
    this.texts = new TextBatches(texts.texts());
    names = encoder.config().namesIn(tuned);
    calibration = new Calibration(this::inputs);
  }

  private SortedMap<String, LayerInput> inputs() {
    passes += texts.size();
    SortedMap<String, LayerInput> renamed = new TreeMap<>();
    encoder
        .with(tuned)
        .inputs(texts.batches())
        .forEach((name, input) -> renamed.put(names.get(name), input));
    return renamed;
  }

  /** Minus the mean squared change of a candidate's answers. */
  private double unlabelled(Checkpoint candidate) {
    if (change.isEmpty()) {
      change = Optional.of(new OutputChange(encoder, tuned, texts));
      passes += texts.size();
    }
    passes += texts.size();
    // 0 and not −0 where nothing changes
    return 0 - Arrays.stream(change.get().of(encoder, candidate)).average().orElseThrow();
  }

  /** The change of the model's answers ({@link OutputChange}), and inputs of layers. */
  public Evidence evidence() {
    return Evidence.none()
        .withUnlabelled(Optional.of(this::unlabelled))
        .withCalibration(Optional.of(calibration));
  }

  /** How many texts went through the network so far. */
  public long passes() {
    return passes;
  }
}
