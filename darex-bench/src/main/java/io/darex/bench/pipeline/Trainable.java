package io.darex.bench.pipeline;

import io.darex.bench.encoder.Encoder;
import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import io.darex.optim.DeltaStatistics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What of an encoder a fine-tuning changes. */
interface Trainable {
  /** The encoder, whose weights are those of the last step. */
  Encoder encoder();

  /** The live arrays that an optimiser steps, by name. */
  Map<String, INDArray> parameters();

  /** The optimiser that steps them, at its first iteration. */
  default AdamROptimizer optimizer(AdamR config) {
    return new AdamROptimizer(config, parameters(), anchor());
  }

  /** Their gradients, from those of all weights of the encoder. */
  Map<String, INDArray> gradients(Map<String, INDArray> dense);

  /** Brings the encoder's weights up to date with the parameters. */
  void stepped();

  /** Brings the parameters up to date with the encoder's weights, which were loaded. */
  void loaded();

  /** The pre-trained values that parameters are pulled to and compared with. */
  Anchor anchor();

  /** Mean |Δ| over the weights of the encoder without its head. */
  double meanAbsDelta(AdamROptimizer optimizer);

  /** The parameters that no checkpoint of the encoder holds. */
  SortedMap<String, INDArray> own();

  /** Writes a PEFT adapter where there is one, over an earlier one. */
  void writeAdapter(Path folder) throws IOException;

  /** Every weight. */
  static Trainable all(Encoder encoder) {
    return new All(encoder);
  }

  /** Every weight of an encoder. */
  record All(Encoder encoder) implements Trainable {
    @Override
    public Map<String, INDArray> parameters() {
      return encoder.parameters();
    }

    @Override
    public AdamROptimizer optimizer(AdamR config) {
      return encoder.optimizer(config, anchor());
    }

    @Override
    public Map<String, INDArray> gradients(Map<String, INDArray> dense) {
      return dense;
    }

    @Override
    public void stepped() {}

    @Override
    public void loaded() {}

    @Override
    public Anchor anchor() {
      return Anchor.start(name -> !encoder.config().family().isHead(name));
    }

    @Override
    public double meanAbsDelta(AdamROptimizer optimizer) {
      double sum = 0;
      long count = 0;
      for (DeltaStatistics layer : optimizer.deltas().values()) {
        sum += layer.meanAbs() * layer.count();
        count += layer.count();
      }
      return sum / count;
    }

    @Override
    public SortedMap<String, INDArray> own() {
      return Collections.emptySortedMap();
    }

    @Override
    public void writeAdapter(Path folder) {}
  }
}
