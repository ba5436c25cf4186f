package io.darex.bench.pipeline;

import io.darex.bench.encoder.Encoder;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Fails at its n-th step. */
final class FailingTrainable implements Trainable {
  private final Trainable real;
  private int left;

  FailingTrainable(Trainable real, int failing) {
    this.real = real;
    this.left = failing;
  }

  @Override
  public Encoder encoder() {
    return real.encoder();
  }

  @Override
  public Map<String, INDArray> parameters() {
    return real.parameters();
  }

  @Override
  public Map<String, INDArray> gradients(Map<String, INDArray> dense) {
    if (--left == 0) {
      throw new IllegalStateException("interrupted");
    }
    return real.gradients(dense);
  }

  @Override
  public void stepped() {
    real.stepped();
  }

  @Override
  public void loaded() {
    real.loaded();
  }

  @Override
  public Anchor anchor() {
    return real.anchor();
  }

  @Override
  public double meanAbsDelta(AdamROptimizer optimizer) {
    return real.meanAbsDelta(optimizer);
  }

  @Override
  public SortedMap<String, INDArray> own() {
    return real.own();
  }

  @Override
  public void writeAdapter(Path folder) throws IOException {
    real.writeAdapter(folder);
  }
}
