package io.darex.prune.tensor;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Elements {@code [from, from + count)} of a tensor, as a tensor of their own: {@code [count]}.
 *
 * @param tensor one whose elements have whole bytes
 */
public record TensorRange(String name, Tensor tensor, long from, long count) implements Tensor {
  /**
   * Checks the range.
   *
   * @throws IndexOutOfBoundsException if the tensor does not have all of it
   */
  public TensorRange {
    Objects.checkFromIndexSize(from, count, tensor.count());
  }

  @Override
  public DType dtype() {
    return tensor.dtype();
  }

  @Override
  public long[] shape() {
    return new long[] {count};
  }

  @Override
  public void read(long start, float[] into, int offset, int length) {
    Objects.checkFromIndexSize(start, length, count);
    tensor.read(from + start, into, offset, length);
  }

  @Override
  public ByteBuffer bytes(long start, int length) {
    Objects.checkFromIndexSize(start, length, count);
    return tensor.bytes(from + start, length);
  }
}
