package io.darex.bench.config;

import io.darex.prune.parameter.Range;
import java.math.BigDecimal;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A share on the command line, such as a drop rate: a number in [0, 1). */
public final class Rate implements ITypeConverter<Double> {
  private static final String PERCENT = "(\\d{1,2}(\\.\\d{1,9})?)\\s*(%?)";

  @Override
  public Double convert(String text) {
    try {
      double rate = Double.parseDouble(text);
      if (meant(text).isEmpty()) {
        return rate; // what else is wrong with it, whoever takes it says
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new TypeConversionException(
        "expected " + Range.SHARE.words() + ", got '" + text + "'" + meant(text));
  }

  /** {@code ": did you mean 0.99?"} of {@code 99} and {@code 99%}; nothing where nobody knows. */
  static String meant(String text) {
    String bare = text.strip();
    if (!bare.matches(PERCENT)) {
      return "";
    }
    boolean sign = bare.endsWith("%");
    BigDecimal number = new BigDecimal(sign ? bare.substring(0, bare.length() - 1).strip() : bare);
    if (!sign && number.compareTo(BigDecimal.ONE) <= 0) {
      return "";
    }
    BigDecimal share = number.movePointLeft(2).stripTrailingZeros();
    return ": did you mean " + share.toPlainString() + "?";
  }
}
