package io.darex.prune;

/** How the kept values of a sparse delta are stored. */
public enum Values {
  /** As they are. */
  F32(DType.F32, Float.SIZE),
  /** Rounded to bfloat16. */
  BF16(DType.BF16, Short.SIZE),
  /** Rounded to half precision. */
  F16(DType.F16, Short.SIZE),
  /** One bit each: the sign. All kept values of a tensor have its mean magnitude. */
  SIGN(DType.F32, 1);

  private final DType dtype;
  private final int bits;

  Values(DType dtype, int bits) {
    this.dtype = dtype;
    this.bits = bits;
  }

  /** The type that holds every such value exactly. */
  public DType dtype() {
    return dtype;
  }

  /** How many bits a kept value takes in a file. */
  public int bits() {
    return bits;
  }
}
