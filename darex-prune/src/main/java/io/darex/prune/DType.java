package io.darex.prune;

/** The element types of a safetensors file, under the names that format gives them. */
public enum DType {
  F64(64),
  F32(32),
  F16(16),
  BF16(16),
  F8_E4M3(8),
  F8_E5M2(8),
  F8_E8M0(8),
  F8_E4M3FNUZ(8),
  F8_E5M2FNUZ(8),
  F6_E2M3(6),
  F6_E3M2(6),
  F4(4),
  C64(64),
  I64(64),
  I32(32),
  I16(16),
  I8(8),
  U64(64),
  U32(32),
  U16(16),
  U8(8),
  BOOL(8);

  private final int bits;

  DType(int bits) {
    this.bits = bits;
  }

  /** Bits per element. */
  public int bits() {
    return bits;
  }

  /**
   * Bytes per element.
   *
   * @throws IllegalStateException if elements share bytes, as those of F4 and F6 do
   */
  public int bytes() {
    if (bits % Byte.SIZE != 0) {
      throw new IllegalStateException("an element of " + this + " has " + bits + " bits");
    }
    return bits / Byte.SIZE;
  }

  /**
   * The bytes of that many elements.
   *
   * @throws ArithmeticException if they end within a byte, or are 2⁶³ or more
   */
  public long bytes(long elements) {
    if (bits % Byte.SIZE == 0) {
      return Math.multiplyExact(elements, bits / Byte.SIZE);
    }
    long all = Math.multiplyExact(elements, bits);
    if (all % Byte.SIZE != 0) {
      throw new ArithmeticException(elements + " elements of " + this + " end within a byte");
    }
    return all / Byte.SIZE;
  }

  /** How many elements fit into so many bytes, rounded down to where a byte ends. */
  public int elements(int bytes) {
    int elements = (int) ((long) bytes * Byte.SIZE / bits);
    return bits % Byte.SIZE == 0 ? elements : elements & -Byte.SIZE;
  }

  /** Whether values of this type can be read as fp32 and pruned: F64, narrowed, F32, F16, BF16. */
  public boolean isPrunable() {
    return this == F64 || holdsKept();
  }

  /** Whether kept values may be stored in this type: F32, F16 and BF16. */
  public boolean holdsKept() {
    return this == F32 || this == F16 || this == BF16;
  }
}
