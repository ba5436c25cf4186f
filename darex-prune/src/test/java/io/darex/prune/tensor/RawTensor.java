package io.darex.prune.tensor;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import lombok.RequiredArgsConstructor;

/** A tensor of any type, given by its bytes. */
@RequiredArgsConstructor
public final class RawTensor implements Tensor {
  private final String name;
  private final DType dtype;
  private final long[] shape;
  private final byte[] all;

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public long[] shape() {
    return shape;
  }

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
  public static byte[] of(Tensor tensor) {
    byte[] bytes = new byte[(int) tensor.dtype().bytes(tensor.count())];
    tensor.bytes(0, (int) tensor.count()).get(bytes);
    return bytes;
  }
}
