package io.darex.prune.parameter;

import java.math.BigDecimal;

/** Numbers from texts that may come from a hostile file. */
final class Decimals {
  /** Parsing takes time quadratic in the digits. */
  private static final int MAX_DIGITS = 1000;

  private Decimals() {}

  static BigDecimal of(Object value) {
    String text = String.valueOf(value);
    if (text.length() > MAX_DIGITS) {
      throw new NumberFormatException();
    }
    return new BigDecimal(text);
  }

  static long whole(Object value) {
    try {
      return of(value).longValueExact();
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
