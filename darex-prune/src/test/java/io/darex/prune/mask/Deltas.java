package io.darex.prune.mask;

import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.Selection;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.FloatTensor;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Small deltas for tests. */
public final class Deltas {
  private Deltas() {}

  /** One tensor's delta against a base of zeros; no entry is zero. */
  public static Delta gaussian(long... shape) {
    return of(pair(1, "w", shape));
  }

  /** The delta of one tensor {@code w} with these values. */
  static Delta of(long[] shape, float... values) {
    return of(pair("w", shape, values));
  }

  /** The delta of several tensors. */
  static Delta of(Delta.Pair... pairs) {
    return Delta.between(
        Checkpoints.of(Arrays.stream(pairs).map(Delta.Pair::base).toArray(Tensor[]::new)),
        Checkpoints.of(Arrays.stream(pairs).map(Delta.Pair::tuned).toArray(Tensor[]::new)),
        Selection.ALL);
  }

  /** A tensor with Gaussian values over a base of zeros. */
  static Delta.Pair pair(long seed, String name, long... shape) {
    return pair(name, shape, Checkpoints.values(Checkpoints.random(seed, name, 1e-3, shape)));
  }

  /** A tensor with these values over a base of zeros. */
  static Delta.Pair pair(String name, long[] shape, float... values) {
    return new Delta.Pair(
        new FloatTensor(name, shape, new float[values.length]),
        new FloatTensor(name, shape, values));
  }

  /**
   * A tensor both of whose sides are bfloat16 numbers; its differences are full of ties and zeros.
   */
  static Delta.Pair coarse(long seed, String name, long... shape) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] base = new float[(int) Tensor.count(shape)];
    float[] tuned = new float[base.length];
    for (int i = 0; i < base.length; i++) {
      base[i] = bf16((float) random.nextGaussian());
      tuned[i] = bf16(base[i] + 0.004f * (float) random.nextGaussian());
    }
    return new Delta.Pair(new FloatTensor(name, shape, base), new FloatTensor(name, shape, tuned));
  }

  private static float bf16(float value) {
    return Float.intBitsToFloat(Float.floatToRawIntBits(value) & 0xFFFF0000);
  }

  /** Any shape of rank 0 to 4 with at most {@code most} elements, a dimension of 0 now and then. */
  static long[] shape(SplittableRandom random, int most) {
    long[] shape = new long[random.nextInt(5)];
    long left = most;
    for (int i = 0; i < shape.length; i++) {
      long bound =
          i == shape.length - 1 ? left : (long) Math.pow((double) left, random.nextDouble());
      shape[i] = random.nextInt(20) == 0 ? 0 : random.nextLong(1, bound + 1);
      left /= Math.max(1, shape[i]);
    }
    return shape;
  }

  /** All values of the delta of tensor {@code name}. */
  static float[] values(Delta delta, String name) {
    Delta.Pair pair = delta.pairs().get(name);
    float[] values = new float[(int) pair.tuned().count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = pair.at(i);
    }
    return values;
  }

  /** The length of a row of a tensor {@code [m, rest…]}; a scalar or vector is one row. */
  static int row(long... shape) {
    int row = 1;
    for (int i = shape.length < 2 ? 0 : 1; i < shape.length; i++) {
      row *= (int) shape[i];
    }
    return row;
  }
}
