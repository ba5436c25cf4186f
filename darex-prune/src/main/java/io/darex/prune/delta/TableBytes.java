package io.darex.prune.delta;

import java.io.ByteArrayOutputStream;

/** The bytes of a {@link DeltaTable} as they are written. */
final class TableBytes {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** How many bytes {@link #number} takes for a number that is not negative. */
  static int size(long number) {
    return Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(number) + 6) / 7);
  }

  /** A varint, unsigned LEB128: seven bits a byte, the lowest first, the high bit: more follow. */
  void number(long number) {
    long rest = number;
    for (; rest > 0x7F; rest >>>= 7) {
      bytes.write((int) rest | 0x80);
    }
    bytes.write((int) rest);
  }

  void add(byte one) {
    bytes.write(one);
  }

  void add(byte[] from, int start, int length) {
    bytes.write(from, start, length);
  }

  void f32(float value) {
    littleEndian(Float.floatToRawIntBits(value), Float.BYTES);
  }

  void f64(double value) {
    littleEndian(Double.doubleToRawLongBits(value), Double.BYTES);
  }

  private void littleEndian(long bits, int length) {
    for (int i = 0; i < length; i++) {
      bytes.write((int) (bits >>> (Byte.SIZE * i)));
    }
  }

  byte[] toArray() {
    return bytes.toByteArray();
  }
}
