package io.darex.prune;

/** The element types of a safetensors file, under the names that format gives them. */
public enum DType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  F8_E4M3(1),
  F8_E5M2(1),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U64(8),
  U32(4),
  U16(2),
  U8(1),
  BOOL(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** Whether values of this type can be read as fp32 and pruned: F32, F16 and BF16. */
  public boolean isPrunable() {
    return this == F32 || this == F16 || this == BF16;
  }
}
