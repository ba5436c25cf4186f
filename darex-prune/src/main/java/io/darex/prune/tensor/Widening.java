package io.darex.prune.tensor;

/** Half-precision bits as fp32, exactly: fp32 holds every value of both formats. */
public final class Widening {
  private Widening() {}

  /** IEEE 754 binary16: one sign, five exponent and ten fraction bits. */
  public static float f16(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = bits >>> 10 & 0x1F;
    int fraction = bits & 0x3FF;
    if (exponent == 0) {
      // Zero or subnormal: fraction · 2⁻²⁴, a product without rounding.
      float magnitude = fraction * 0x1p-24f;
      return Float.intBitsToFloat(sign | Float.floatToRawIntBits(magnitude));
    }
    int widened = exponent == 0x1F ? 0xFF : exponent + 127 - 15;
    return Float.intBitsToFloat(sign | widened << 23 | fraction << 13);
  }

  /** bfloat16: the upper half of an fp32. */
  public static float bf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
