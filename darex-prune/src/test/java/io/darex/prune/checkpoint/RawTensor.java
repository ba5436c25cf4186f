package io.darex.prune.checkpoint;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A tensor of any type, given by its bytes. */
record RawTensor(String name, DType dtype, long[] shape, byte[] all) implements Tensor {
  @Override
  public void read(long from, float[] into, int offset, int length) {
    throw new IllegalStateException("nobody reads the values of " + name);
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    return ByteBuffer.wrap(all, (int) dtype.bytes(from), (int) dtype.bytes(length))
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** All stored bytes of a tensor. */
  static byte[] of(Tensor tensor) {
    byte[] bytes = new byte[(int) tensor.dtype().bytes(tensor.count())];
    tensor.bytes(0, (int) tensor.count()).get(bytes);
    return bytes;
  }
}
