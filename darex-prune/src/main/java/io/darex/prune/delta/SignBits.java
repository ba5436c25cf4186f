package io.darex.prune.delta;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;

/**
 * The signs of kept values, one bit each: U8 {@code [⌈values / 8⌉]}, 1 where one is negative, the
 * first of each byte as its lowest.
 *
 * @param values F32, one-dimensional
 */
record SignBits(String name, Tensor values) implements Tensor {
  @Override
  public DType dtype() {
    return DType.U8;
  }

  @Override
  public long[] shape() {
    return new long[] {BitWriter.bytes(values.count())};
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    throw new IllegalStateException("the bytes of " + name + " are no numbers");
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    long first = from * Byte.SIZE;
    float[] signed = new float[(int) Math.min((long) length * Byte.SIZE, values.count() - first)];
    values.read(first, signed, 0, signed.length);
    byte[] bits = new byte[length];
    for (int i = 0; i < signed.length; i++) {
      if (Float.floatToRawIntBits(signed[i]) < 0) {
        bits[i / Byte.SIZE] |= (byte) (1 << (i % Byte.SIZE));
      }
    }
    return ByteBuffer.wrap(bits).asReadOnlyBuffer();
  }

  /**
   * What such bits say: −1 and 1, F32 {@code [count]}.
   *
   * @param bits U8
   */
  record Signs(Tensor bits, long count) implements Tensor {
    @Override
    public String name() {
      return bits.name();
    }

    @Override
    public DType dtype() {
      return DType.F32;
    }

    @Override
    public long[] shape() {
      return new long[] {count};
    }

    @Override
    public void read(long from, float[] into, int offset, int length) {
      long first = from / Byte.SIZE;
      ByteBuffer bytes = bits.bytes(first, (int) (BitWriter.bytes(from + length) - first));
      int shift = (int) (from % Byte.SIZE);
      for (int i = 0; i < length; i++) {
        int bit = shift + i;
        into[offset + i] = 1 - 2 * ((bytes.get(bit / Byte.SIZE) >> (bit % Byte.SIZE)) & 1);
      }
    }
  }
}
