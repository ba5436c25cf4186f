package io.darex.prune;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import lombok.RequiredArgsConstructor;

/** {@code base + kept / q}, computed in fp32 as it is read. */
@RequiredArgsConstructor
final class PrunedTensor implements Tensor {
  /** The bits of infinity; those of NaN, without its sign, are larger. */
  private static final int INFINITY = 0x7F800000;

  private final Tensor base;
  private final KeptTensor kept;
  private final float q;

  @Override
  public String name() {
    return kept.name();
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return kept.shape();
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    base.read(from, into, offset, length);
    kept.addTo(from, FloatBuffer.wrap(into, offset, length).slice(), q);
    check(from, FloatBuffer.wrap(into, offset, length).slice());
  }

  /** An F32 base is copied as it is stored, and only what is kept is computed. */
  @Override
  public ByteBuffer bytes(long from, int length) {
    if (base.dtype() != DType.F32) {
      return Tensor.super.bytes(from, length);
    }
    byte[] copy = new byte[Math.multiplyExact(length, Float.BYTES)];
    base.bytes(from, length).get(copy);
    ByteBuffer bytes = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
    kept.addTo(from, bytes.asFloatBuffer(), q);
    IntBuffer bits = bytes.asIntBuffer();
    int largest = 0;
    for (int i = 0; i < length; i++) {
      largest = Math.max(largest, bits.get(i) & Integer.MAX_VALUE);
    }
    if (largest >= INFINITY) {
      check(from, bytes.asFloatBuffer());
    }
    return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Refuses a sum that overflows; NaN and infinity that the base has, as masks do, stay. */
  private void check(long from, FloatBuffer values) {
    for (int i = 0; i < values.limit(); i++) {
      float value = values.get(i);
      if (!Float.isFinite(value)
          && Float.floatToRawIntBits(value) != Float.floatToRawIntBits(base.at(from + i))) {
        throw new NonFiniteException(name(), from + i, value);
      }
    }
  }
}
