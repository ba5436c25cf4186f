package io.darex.prune;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One named tensor of a checkpoint: elements flat and row-major, a linear weight as {@code [out,
 * in]}. Reading is thread-safe.
 */
public interface Tensor {
  /** The name, as in the checkpoint it comes from. */
  String name();

  /** The stored element type. */
  DType dtype();

  /** The dimensions; empty for a scalar. The caller must not modify the array. */
  long[] shape();

  /** The number of elements. */
  default long count() {
    return count(shape());
  }

  /**
   * The number of elements of a tensor of that shape.
   *
   * @throws ArithmeticException if it is 2⁶³ or more
   */
  static long count(long[] shape) {
    long count = 1;
    for (long dimension : shape) {
      count = Math.multiplyExact(count, dimension);
    }
    return count;
  }

  /**
   * One element widened to fp32.
   *
   * @throws IllegalStateException if the dtype is not {@linkplain DType#isPrunable prunable}
   */
  default float at(long index) {
    float[] one = new float[1];
    read(index, one, 0, 1);
    return one[0];
  }

  /**
   * Copies elements {@code [from, from + length)}, widened to fp32, to {@code into[offset…]}.
   *
   * @throws IllegalStateException if the dtype is not {@linkplain DType#isPrunable prunable}
   */
  void read(long from, float[] into, int offset, int length);

  /**
   * The stored little-endian bytes of elements {@code [from, from + length)}, read-only; {@code
   * dtype.bytes(length)} must be at most 1 GiB, and where elements share bytes {@code from} and
   * {@code length} multiples of eight. The default serves F32 tensors that live as floats.
   */
  default ByteBuffer bytes(long from, int length) {
    if (dtype() != DType.F32) {
      throw new IllegalStateException(name() + " is " + dtype() + " and must give its own bytes");
    }
    float[] values = new float[length];
    read(from, values, 0, length);
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(length, Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }
}
