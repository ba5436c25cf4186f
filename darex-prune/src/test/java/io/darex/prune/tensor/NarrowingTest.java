package io.darex.prune.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import io.darex.prune.Checkpoints;
import io.darex.prune.DType;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.util.NavigableMap;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import org.junit.jupiter.api.Test;

class NarrowingTest {
  /** Bits without sign of every finite half by its value, and at the end one that would be next. */
  private static final NavigableMap<Double, Integer> F16 = new TreeMap<>();

  private static final NavigableMap<Double, Integer> BF16 = new TreeMap<>();

  static {
    for (int bits = 0; bits < 0x7C00; bits++) {
      F16.put((double) Widening.f16((short) bits), bits);
    }
    F16.put(0x1p16, 0x7C00);
    for (int bits = 0; bits < 0x7F80; bits++) {
      BF16.put((double) Widening.bf16((short) bits), bits);
    }
    BF16.put(0x1p128, 0x7F80);
  }

  @Test
  void everyHalfComesBack() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      if ((bits & 0x7C00) != 0x7C00 || (bits & 0x3FF) == 0) {
        assertThat(Narrowing.f16(Widening.f16((short) bits))).isEqualTo((short) bits);
      }
      if ((bits & 0x7F80) != 0x7F80 || (bits & 0x7F) == 0) {
        assertThat(Narrowing.bf16(Widening.bf16((short) bits))).isEqualTo((short) bits);
      }
    }
  }

  /** Between neighbours, where two are as near, and one fp32 to either side. */
  @Test
  void roundsRightAtEveryHalfway() {
    assertHalfways(F16, DType.F16);
    assertHalfways(BF16, DType.BF16);
  }

  private static void assertHalfways(NavigableMap<Double, Integer> halfs, DType dtype) {
    for (double lower : halfs.keySet()) {
      Double upper = halfs.higherKey(lower);
      if (upper != null) {
        // Exact in fp32: one bit more than the half has.
        float middle = (float) ((lower + upper) / 2);
        for (float value : new float[] {Math.nextDown(middle), middle, Math.nextUp(middle)}) {
          assertNearest(value, dtype);
          assertNearest(-value, dtype);
        }
      }
    }
  }

  @Property(tries = 100_000)
  void roundsAnyNumberToTheNearest(@ForAll("finite") float value) {
    assertNearest(value, DType.F16);
    assertNearest(value, DType.BF16);
  }

  /** All bit patterns alike, and as many in the range of F16. */
  @Provide
  Arbitrary<Float> finite() {
    return Arbitraries.oneOf(
        Arbitraries.integers()
            .withDistribution(RandomDistribution.uniform())
            .map(Float::intBitsToFloat)
            .filter(Float::isFinite),
        Arbitraries.integers()
            .between(0x32000000, 0x47900000)
            .withDistribution(RandomDistribution.uniform())
            .map(Float::intBitsToFloat));
  }

  /** Looked up among all values there are; doubles compare the distances without rounding. */
  private static void assertNearest(float value, DType dtype) {
    NavigableMap<Double, Integer> halfs = dtype == DType.F16 ? F16 : BF16;
    double magnitude = Math.min(Math.abs((double) value), halfs.lastKey());
    var lower = halfs.floorEntry(magnitude);
    var upper = halfs.ceilingEntry(magnitude);
    double below = magnitude - lower.getKey();
    double above = upper.getKey() - magnitude;
    boolean up = above < below || (above == below && upper.getValue() % 2 == 0);
    int sign = Float.floatToRawIntBits(value) < 0 ? 0x8000 : 0;
    short expected = (short) (sign | (up ? upper : lower).getValue());
    short found = dtype == DType.F16 ? Narrowing.f16(value) : Narrowing.bf16(value);
    assertThat(found).as("%s as %s", value, dtype).isEqualTo(expected);
  }

  @Test
  void aConvertedTensorGivesTheBytesOfWhatItReads() {
    Tensor source = Checkpoints.random(1, "w", 1, 7, 9);
    for (DType dtype : new DType[] {DType.F16, DType.BF16, DType.F32}) {
      Tensor converted = ConvertedTensor.of(source, dtype);
      assertThat(converted.dtype()).isEqualTo(dtype);
      assertThat(converted.shape()).containsExactly(7, 9);
      ByteBuffer bytes = converted.bytes(5, 20);
      assertThat(bytes.remaining()).isEqualTo(20 * dtype.bytes());
      for (int i = 0; i < 20; i++) {
        float expected =
            switch (dtype) {
              case F16 -> Widening.f16(bytes.getShort(2 * i));
              case BF16 -> Widening.bf16(bytes.getShort(2 * i));
              default -> bytes.getFloat(4 * i);
            };
        assertThat(converted.at(5 + i)).isEqualTo(expected);
        assertThat(expected).isCloseTo(source.at(5 + i), withPercentage(.4));
      }
      // And back: fp32 holds every half.
      Tensor widened = ConvertedTensor.of(converted, DType.F32);
      assertThat(widened.bytes(0, 63).getFloat(40)).isEqualTo(converted.at(10));
    }
    assertThat(ConvertedTensor.of(source, DType.F32)).isSameAs(source);
    assertThatIllegalArgumentException().isThrownBy(() -> ConvertedTensor.of(source, DType.I32));
  }

  @Test
  void refusesWhatDoesNotFit() {
    // 65519.996 is the last fp32 that rounds to the largest half, 65504.
    Tensor last = new FloatTensor("w", new long[] {1}, new float[] {Math.nextDown(65520f)});
    assertThat(ConvertedTensor.of(last, DType.F16).at(0)).isEqualTo(65504f);
    assertFault(
        65520f, DType.F16, "tensor w, element 1: expected a number that fits F16, got 65520");
    assertFault(
        -Float.MAX_VALUE, DType.BF16, "element 1: expected a number that fits BF16, got -3.4");
    assertFault(Float.NaN, DType.F16, "element 1: expected a finite number, got NaN");
    assertFault(Float.POSITIVE_INFINITY, DType.BF16, "expected a finite number, got Infinity");
  }

  private static void assertFault(float value, DType dtype, String message) {
    Tensor bad = new FloatTensor("w", new long[] {2}, new float[] {0, value});
    assertThatThrownBy(() -> ConvertedTensor.of(bad, dtype).bytes(0, 2))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining(message);
  }
}
