package io.darex.prune.tensor;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import lombok.RequiredArgsConstructor;

/** The bytes of a file as a tensor, U8 {@code [bytes]}. */
@RequiredArgsConstructor
public final class ByteTensor implements Tensor {
  private final String name;
  private final byte[] content;

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return DType.U8;
  }

  @Override
  public long[] shape() {
    return new long[] {content.length};
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    throw new IllegalStateException("the bytes of " + name + " are no numbers");
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    return ByteBuffer.wrap(content, Math.toIntExact(from), length)
        .slice()
        .asReadOnlyBuffer()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** All bytes of a U8 tensor. */
  public static byte[] of(Tensor tensor) {
    byte[] content = new byte[Math.toIntExact(tensor.count())];
    tensor.bytes(0, content.length).get(content);
    return content;
  }
}
