package io.darex.prune;

import io.darex.prune.mask.TensorMask;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import lombok.RequiredArgsConstructor;

/** The flat indices of kept entries, I64 {@code [kept]}, ascending; their places are asked anew. */
@RequiredArgsConstructor
final class KeptIndices implements Tensor {
  private final String name;
  private final TensorMask places;
  private final long[] ends;

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return DType.I64;
  }

  @Override
  public long[] shape() {
    return new long[] {ends.length == 0 ? 0 : ends[ends.length - 1]};
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    throw new IllegalStateException("the indices of " + name + " are integers");
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(length, Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    long at = from;
    for (int block = Segments.holding(ends, from); bytes.hasRemaining(); block++) {
      long first = block == 0 ? 0 : ends[block - 1];
      char[] offsets = new char[(int) (ends[block] - first)];
      places.block(block, offsets);
      long start = (long) block * TensorMask.BLOCK;
      for (int i = (int) (at - first); i < offsets.length && bytes.hasRemaining(); i++, at++) {
        bytes.putLong(start + offsets[i]);
      }
    }
    return bytes.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }
}
