package io.darex.prune.tensor;

import io.darex.prune.DType;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;

/** An F32 tensor that throws {@link NonFiniteException} where it would give NaN or infinity. */
public record FiniteTensor(String name, Tensor tensor) implements Tensor {
  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return tensor.shape();
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    tensor.read(from, into, offset, length);
    for (int i = 0; i < length; i++) {
      NonFiniteException.check(name, from + i, into[offset + i]);
    }
  }
}
