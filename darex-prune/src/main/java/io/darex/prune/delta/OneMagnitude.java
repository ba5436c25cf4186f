package io.darex.prune.delta;

import io.darex.prune.DType;
import io.darex.prune.KeptTensor;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;

/**
 * Kept values of one tensor of which a file has the signs alone: F32, read with the check that they
 * all have one magnitude.
 *
 * @param name the tensor's
 * @param values F32, one-dimensional
 * @param magnitude that of the first one; 0 where there is none
 */
record OneMagnitude(String name, Tensor values, float magnitude) implements Tensor {
  /**
   * Reads the first value.
   *
   * @throws NonFiniteException if it is NaN or infinite
   */
  static OneMagnitude of(KeptTensor kept) {
    float first = kept.kept() == 0 ? 0 : kept.values().at(0);
    float magnitude = Math.abs(NonFiniteException.check(kept.name(), 0, first));
    return new OneMagnitude(kept.name(), kept.values(), magnitude);
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return values.shape();
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    values.read(from, into, offset, length);
    for (int i = 0; i < length; i++) {
      float value = into[offset + i];
      if (Math.abs(value) != magnitude) {
        throw new IllegalArgumentException(
            "tensor "
                + name
                + ", kept value "
                + (from + i)
                + ": expected one magnitude, "
                + magnitude
                + ", since signs alone are stored, got "
                + value);
      }
    }
  }
}
