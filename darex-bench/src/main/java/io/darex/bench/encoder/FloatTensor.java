package io.darex.bench.encoder;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

@SuppressWarnings("ArrayRecordComponent")
record FloatTensor(String name, long[] shape, float[] values) implements Tensor {
  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public float at(long index) {
    return values[(int) index];
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    System.arraycopy(values, (int) from, into, offset, length);
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    ByteBuffer b = ByteBuffer.allocate(length * 4).order(ByteOrder.LITTLE_ENDIAN);
    b.asFloatBuffer().put(values, (int) from, length);
    return b.asReadOnlyBuffer();
  }
}
