package io.darex.prune.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WideningTest {
  @Test
  void everyHalfHasTheValueOfItsDefinition() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      int exponent = bits >> 10 & 31;
      double fraction = (bits & 1023) / 1024.0;
      double magnitude =
          switch (exponent) {
            case 0 -> Math.scalb(fraction, -14);
            case 31 -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
            default -> Math.scalb(1 + fraction, exponent - 15);
          };
      double expected = bits < 1 << 15 ? magnitude : -magnitude;
      assertThat(Double.compare(Widening.f16((short) bits), expected)).isZero();
    }
  }

  @Test
  void everyBfloatHasTheValueOfItsDefinition() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      int exponent = bits >> 7 & 255;
      double fraction = (bits & 127) / 128.0;
      double magnitude =
          switch (exponent) {
            case 0 -> Math.scalb(fraction, -126);
            case 255 -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
            default -> Math.scalb(1 + fraction, exponent - 127);
          };
      double expected = bits < 1 << 15 ? magnitude : -magnitude;
      assertThat(Double.compare(Widening.bf16((short) bits), expected)).isZero();
    }
  }
}
