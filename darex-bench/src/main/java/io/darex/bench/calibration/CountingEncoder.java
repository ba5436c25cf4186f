package io.darex.bench.calibration;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.prune.Checkpoint;
import io.darex.prune.LayerInput;
import java.util.List;
import java.util.SortedMap;

/** Of an encoder what calibration needs; counts the texts that pass. */
final class CountingEncoder {
  private final LoadedEncoder loaded;

  /** Null before the first {@link #with}. */
  private Encoder encoder;

  private long texts;

  CountingEncoder(LoadedEncoder loaded) {
    this.loaded = loaded;
  }

  /** How many texts went through the network so far. */
  long passes() {
    return texts;
  }

  EncoderConfig config() {
    return loaded.config();
  }

  /** This with the weights of {@code checkpoint}. */
  CountingEncoder with(Checkpoint checkpoint) {
    encoder = loaded.with(checkpoint);
    return this;
  }

  float[] lastHidden(Batch batch) {
    texts += batch.rows();
    return encoder.lastHidden(batch);
  }

  float[][] dense(Batch batch) {
    texts += batch.rows();
    return encoder.dense(batch);
  }

  SortedMap<String, LayerInput> inputs(List<Batch> batches) {
    texts += batches.stream().mapToLong(Batch::rows).sum();
    return encoder.inputs(batches);
  }
}
