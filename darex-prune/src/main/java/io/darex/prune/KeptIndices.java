package io.darex.prune;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import lombok.RequiredArgsConstructor;

/** The flat indices of kept entries, I64 {@code [kept]}, ascending; their places are asked anew. */
@RequiredArgsConstructor
final class KeptIndices implements Tensor {
  private final String name;
  private final KeptPlaces places;

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
    return new long[] {places.count()};
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    throw new IllegalStateException("the indices of " + name + " are integers");
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(length, Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    places.visit(
        from,
        length,
        (start, offsets, first, end) -> {
          for (int i = first; i < end; i++) {
            bytes.putLong(start + offsets[i]);
          }
        });
    return bytes.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }
}
