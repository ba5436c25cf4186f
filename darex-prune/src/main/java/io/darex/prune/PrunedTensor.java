package io.darex.prune;

import lombok.RequiredArgsConstructor;

/** {@code base + kept / q}, computed in fp32 as it is read. */
@RequiredArgsConstructor
final class PrunedTensor implements Tensor {
  private final Tensor base;
  private final KeptTensor kept;
  private final float q;

  @Override
  public String name() {
    return kept.name();
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return kept.shape();
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    base.read(from, into, offset, length);
    kept.addTo(from, into, offset, length, q);
    // One check at the end sees a bad base value as well as a sum that overflows.
    for (int i = 0; i < length; i++) {
      NonFiniteException.check(name(), from + i, into[offset + i]);
    }
  }
}
