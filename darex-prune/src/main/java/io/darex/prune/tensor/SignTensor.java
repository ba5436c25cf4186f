package io.darex.prune.tensor;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import lombok.RequiredArgsConstructor;

/** The signs of a tensor times one magnitude, F32 of the same shape; zeros count as positive. */
@RequiredArgsConstructor
public final class SignTensor implements Tensor {
  private final Tensor values;
  private final float magnitude;

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
    for (int i = offset; i < offset + length; i++) {
      into[i] = into[i] < 0 ? -magnitude : magnitude;
    }
  }
}
