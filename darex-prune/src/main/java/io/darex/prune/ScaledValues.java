package io.darex.prune;

import lombok.RequiredArgsConstructor;

/**
 * What kept entries add to the base, F32 {@code [kept]}: value / q, in fp32. A division each, as
 * DARE does it: a multiplication by 1/q would round twice.
 */
@RequiredArgsConstructor
final class ScaledValues implements Tensor {
  private final Tensor values;
  private final float q;

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
      into[offset + i] /= q;
    }
  }
}
