package io.darex.prune.tensor;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import lombok.RequiredArgsConstructor;

/** A one-dimensional I64 tensor that lies in an array. */
@RequiredArgsConstructor
public final class LongTensor implements Tensor {
  private final String name;
  private final long[] values;

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
    return new long[] {values.length};
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    throw new IllegalStateException(name + " holds integers");
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(length, Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values, Math.toIntExact(from), length);
    return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }
}
