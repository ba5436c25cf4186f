package io.darex.prune.tensor;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;

/** A tensor under another name. */
public record Renamed(String name, Tensor tensor) implements Tensor {
  @Override
  public DType dtype() {
    return tensor.dtype();
  }

  @Override
  public long[] shape() {
    return tensor.shape();
  }

  @Override
  public float at(long index) {
    return tensor.at(index);
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    tensor.read(from, into, offset, length);
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    return tensor.bytes(from, length);
  }
}
