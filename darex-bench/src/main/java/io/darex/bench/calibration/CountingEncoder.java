package io.darex.bench.calibration;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Gradients;
import io.darex.bench.encoder.Loss;
import io.darex.prune.Checkpoint;
import io.darex.prune.LayerInput;
import java.util.List;
import java.util.SortedMap;

/** Of an encoder what calibration needs; counts the texts that pass. */
final class CountingEncoder {
  private final Encoder encoder;
  private long forward;
  private long backward;

  CountingEncoder(Encoder encoder) {
    this.encoder = encoder;
  }

  Passes passes() {
    return new Passes(forward, backward);
  }

  EncoderConfig config() {
    return encoder.config();
  }

  void load(Checkpoint checkpoint) {
    encoder.load(checkpoint);
  }

  float[] lastHidden(Batch batch) {
    forward += batch.rows();
    return encoder.lastHidden(batch);
  }

  float[][] dense(Batch batch) {
    forward += batch.rows();
    return encoder.dense(batch);
  }

  float[][] logits(Batch batch) {
    forward += batch.rows();
    return encoder.logits(batch);
  }

  SortedMap<String, LayerInput> inputs(List<Batch> batches) {
    forward += batches.stream().mapToLong(Batch::rows).sum();
    return encoder.inputs(batches);
  }

  Gradients gradients(Batch batch, Loss function) {
    forward += batch.rows();
    backward += batch.rows();
    return encoder.gradients(batch, function);
  }
}
