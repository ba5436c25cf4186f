package io.darex.prune.tensor;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.DType;
import io.darex.prune.NonFiniteException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FinitenessTest {
  @Test
  void everyHalfAtEveryPlaceIsJudgedByItsExponent() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      assertJudged(DType.F16, bits % 7, bits, (bits & 0x7C00) == 0x7C00);
      assertJudged(DType.BF16, bits % 7, bits, (bits & 0x7F80) == 0x7F80);
    }
  }

  @Test
  void anyFloatAndDoubleIsJudgedAsJavaJudgesIt() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 200_000; i++) {
      // Every other one next to the border, where the exponent is all ones or nearly so.
      long bits = random.nextLong() | (i % 2 == 0 ? 0 : 0x7FE0_0000_7F00_0000L);
      int place = random.nextInt(7);
      assertJudged(DType.F32, place, bits, !Float.isFinite(Float.intBitsToFloat((int) bits)));
      assertJudged(DType.F64, place, bits, !Double.isFinite(Double.longBitsToDouble(bits)));
    }
  }

  @Test
  void onlyTypesWithNanAreJudgedAndOnlyTheBytesThatCount() {
    byte[] ones = new byte[16];
    Arrays.fill(ones, (byte) -1);
    for (DType dtype : DType.values()) {
      if (dtype != DType.F64 && !dtype.isPrunable()) {
        Finiteness.check("w", dtype, 0, ones, 16);
      }
    }
    ones[0] = 0;
    ones[1] = 0;
    Finiteness.check("w", DType.F16, 0, ones, 2);
  }

  private static void assertJudged(DType dtype, int place, long bits, boolean expected) {
    ByteBuffer values = ByteBuffer.allocate(56).order(ByteOrder.LITTLE_ENDIAN);
    // The largest finite value everywhere else: nothing may carry over from it.
    long largest =
        switch (dtype) {
          case F64 -> Double.doubleToRawLongBits(-Double.MAX_VALUE);
          case F32 -> Float.floatToRawIntBits(-Float.MAX_VALUE);
          case F16 -> 0xFBFF;
          default -> 0xFF7F;
        };
    for (int i = 0; i < 7; i++) {
      long value = i == place ? bits : largest;
      switch (dtype.bytes()) {
        case 8 -> values.putLong(value);
        case 4 -> values.putInt((int) value);
        default -> values.putShort((short) value);
      }
    }
    byte[] array = values.array();
    int length = values.position();
    if (expected) {
      assertThatThrownBy(() -> Finiteness.check("w", dtype, 100, array, length))
          .as("%s %x at %d", dtype, bits, place)
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("tensor w, element " + (100 + place) + ":");
    } else {
      Finiteness.check("w", dtype, 100, array, length);
    }
  }
}
