package io.darex.prune;

import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;

/** Small checkpoints for tests. */
public final class Checkpoints {
  private Checkpoints() {}

  /** A checkpoint of these tensors, without a config. */
  public static InMemoryCheckpoint of(Tensor... tensors) {
    return InMemoryCheckpoint.of(Arrays.asList(tensors), Optional.empty());
  }

  /** Gaussian values of a given spread. */
  public static FloatTensor random(long seed, String name, double spread, long... shape) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[(int) Tensor.count(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (spread * random.nextGaussian());
    }
    return new FloatTensor(name, shape, values);
  }

  /** {@code base} and some fine-tuning: a small Gaussian step on every value. */
  public static FloatTensor tuned(long seed, Tensor base, String name) {
    float[] values = values(base);
    float[] step = values(random(seed, "step", 1e-3, base.shape()));
    for (int i = 0; i < values.length; i++) {
      values[i] += step[i];
    }
    return new FloatTensor(name, base.shape(), values);
  }

  /** All values of a tensor. */
  public static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.count()];
    tensor.read(0, values, 0, values.length);
    return values;
  }
}
