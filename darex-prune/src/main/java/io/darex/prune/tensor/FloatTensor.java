package io.darex.prune.tensor;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** An F32 tensor that lies in one array of floats, which it shares with whoever made it. */
public final class FloatTensor implements Tensor {
  private final String name;
  private final long[] shape;
  private final float[] values;

  /**
   * Wraps {@code values} without copying.
   *
   * @param shape the dimensions, a linear weight as {@code [out, in]}
   * @throws IllegalArgumentException if the shape does not have as many elements as the array
   */
  public FloatTensor(String name, long[] shape, float[] values) {
    if (Tensor.count(shape) != values.length) {
      throw new IllegalArgumentException(
          "tensor "
              + name
              + ": "
              + values.length
              + " values for "
              + Tensor.count(shape)
              + " elements");
    }
    this.name = name;
    this.shape = shape.clone();
    this.values = values;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return shape;
  }

  @Override
  public float at(long index) {
    return values[Math.toIntExact(index)];
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    System.arraycopy(values, Math.toIntExact(from), into, offset, length);
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(length, Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values, Math.toIntExact(from), length);
    return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }
}
