package io.darex.prune.checkpoint;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A one-dimensional I64 tensor that lies in an array. */
record LongTensor(String name, long[] values) implements Tensor {
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
