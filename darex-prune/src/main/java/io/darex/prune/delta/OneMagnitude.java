package io.darex.prune.delta;

import io.darex.prune.DType;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;

/**
 * Kept values of one tensor of which a file has the signs alone: F32, read with the check that they
 * all have one magnitude.
 *
 * @param values F32, one-dimensional
 * @param magnitude that of the first one; 0 where there is none
 */
record OneMagnitude(Tensor values, float magnitude) implements Tensor {
  /**
   * Reads the first value.
   *
   * @throws NonFiniteException if it is NaN or infinite
   */
  static OneMagnitude of(Tensor values) {
    float first = values.count() == 0 ? 0 : values.at(0);
    return new OneMagnitude(values, Math.abs(NonFiniteException.check(values.name(), 0, first)));
  }

  @Override
  public String name() {
    return values.name();
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
                + name()
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
