package io.darex.prune;

import java.nio.ByteBuffer;

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
    long count = 1;
    for (long dimension : shape()) {
      count = Math.multiplyExact(count, dimension);
    }
    return count;
  }

  /**
   * One element widened to fp32.
   *
   * @throws IllegalStateException if the dtype is not {@linkplain DType#isPrunable prunable}
   */
  float at(long index);

  /** Copies elements {@code [from, from + length)}, widened to fp32, to {@code into[offset…]}. */
  void read(long from, float[] into, int offset, int length);

  /**
   * The stored little-endian bytes of elements {@code [from, from + length)}, read-only; {@code
   * length · dtype.bytes()} must be below 2 GiB.
   */
  ByteBuffer bytes(long from, int length);
}
