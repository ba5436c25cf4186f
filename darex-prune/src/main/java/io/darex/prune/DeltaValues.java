package io.darex.prune;

import io.darex.prune.mask.TensorMask;
import lombok.RequiredArgsConstructor;

/** The kept values of a delta, {@code [kept]}, computed from base and tuned model when read. */
@RequiredArgsConstructor
final class DeltaValues implements Tensor {
  private final Delta.Pair pair;
  private final TensorMask places;
  private final long[] ends;

  @Override
  public String name() {
    return pair.tuned().name();
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return new long[] {ends.length == 0 ? 0 : ends[ends.length - 1]};
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    long at = from;
    long end = from + length;
    for (int block = Segments.holding(ends, from); at < end; block++) {
      long first = block == 0 ? 0 : ends[block - 1];
      char[] offsets = new char[(int) (ends[block] - first)];
      places.block(block, offsets);
      long start = (long) block * TensorMask.BLOCK;
      for (int i = (int) (at - first); i < offsets.length && at < end; i++, at++) {
        into[offset + (int) (at - from)] = pair.at(start + offsets[i]);
      }
    }
  }
}
