package io.darex.bench.calibration;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.task.TextBatches;
import io.darex.prune.Checkpoint;
import io.darex.prune.LayerInput;
import io.darex.prune.Objective;
import io.darex.prune.rescale.Calibration;
import io.darex.prune.rescale.Evidence;
import java.util.List;
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
  private final CountingEncoder encoder;
  private final Checkpoint tuned;

  /** By parameter of the encoder, what the tuned checkpoint calls it. */
  private final SortedMap<String, String> names;

  private final List<Batch> batches;
  private final Objective unlabelled;
  private final Calibration calibration;

  /**
   * @param encoder the evidence is of use while it is open
   * @param tuned the tuned model, whose names are those of the evidence
   */
  public Calibrator(LoadedEncoder encoder, Checkpoint tuned, CalibrationTexts texts) {
    this.encoder = new CountingEncoder(encoder);
    this.tuned = tuned;
    names = encoder.config().namesIn(tuned);
    batches = new TextBatches(texts.texts()).batches();
    unlabelled = new HiddenChange(this.encoder, tuned, batches);
    calibration = new Calibration(this::inputs);
  }

  private SortedMap<String, LayerInput> inputs() {
    SortedMap<String, LayerInput> renamed = new TreeMap<>();
    encoder
        .with(tuned)
        .inputs(batches)
        .forEach((name, input) -> renamed.put(names.get(name), input));
    return renamed;
  }

  /** The change of the last hidden state ({@link HiddenChange}), and inputs of layers. */
  public Evidence evidence() {
    return Evidence.none()
        .withUnlabelled(Optional.of(unlabelled))
        .withCalibration(Optional.of(calibration));
  }

  /** What everything so far has cost. */
  public long passes() {
    return encoder.passes();
  }
}
