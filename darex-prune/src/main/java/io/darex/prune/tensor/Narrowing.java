package io.darex.prune.tensor;

/**
 * fp32 as half-precision bits, rounded once, to nearest and to even where two are as near
 * (docs/METHOD.md §1.3); the way back is {@link Widening}. What rounds beyond the largest finite
 * value becomes infinity, as IEEE 754 has it. NaN is not for here.
 */
public final class Narrowing {
  private Narrowing() {}

  /** IEEE 754 binary16: one sign, five exponent and ten fraction bits. */
  public static short f16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    float magnitude = Math.abs(value);
    if (magnitude >= 0x1p16f) {
      return (short) (sign | 0x7C00);
    }
    if (magnitude < 0x1p-14f) {
      // Zero or subnormal, a multiple of 2⁻²⁴, which is what neighbours of one half differ by: the
      // sum rounds as it should.
      return (short)
          (sign | (Float.floatToRawIntBits(magnitude + 0.5f) - Float.floatToRawIntBits(0.5f)));
    }
    int rounded = halfEven(bits & Integer.MAX_VALUE, 13);
    return (short) (sign | (rounded - ((127 - 15) << 10)));
  }

  /** bfloat16: the upper half of an fp32. */
  public static short bf16(float value) {
    return (short) halfEven(Float.floatToRawIntBits(value), 16);
  }

  /** Drops low bits; a carry out of the fraction is the next exponent, as it should be. */
  private static int halfEven(int bits, int dropped) {
    int even = bits >>> dropped & 1;
    return (bits + (1 << (dropped - 1)) - 1 + even) >>> dropped;
  }
}
