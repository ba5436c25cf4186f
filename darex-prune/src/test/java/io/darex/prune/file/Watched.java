package io.darex.prune.file;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/** A tensor that tells, before it gives bytes, from which element on it was asked. */
public record Watched(Tensor tensor, LongConsumer asked) implements Tensor {
  @Override
  public String name() {
    return tensor.name();
  }

  @Override
  public DType dtype() {
    return tensor.dtype();
  }

  @Override
  public long[] shape() {
    return tensor.shape();
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    tensor.read(from, into, offset, length);
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    asked.accept(from);
    return tensor.bytes(from, length);
  }
}
