package io.darex.bench.console;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers of bytes as people write them, with Hugging Face's decimal units: {@code 2GB}. */
public final class Size implements ITypeConverter<Long> {
  private static final List<String> UNITS = List.of("B", "KB", "MB", "GB", "TB");
  private static final int STEP = 1000;
  private static final Pattern FORM = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,15})?) ?([KMGT]?B?)");

  @Override
  public Long convert(String text) {
    Matcher parts = FORM.matcher(text.strip().toUpperCase(Locale.ROOT));
    if (parts.matches()) {
      String unit = parts.group(2);
      int power = UNITS.indexOf(unit.endsWith("B") ? unit : unit + "B");
      BigDecimal bytes = new BigDecimal(parts.group(1)).multiply(BigDecimal.TEN.pow(3 * power));
      if (bytes.compareTo(BigDecimal.ONE) >= 0
          && bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0) {
        return bytes.longValue();
      }
    }
    throw new TypeConversionException("expected a size such as 2GB or 500MB, got '" + text + "'");
  }

  /** {@code 4.7 MB}: three digits at least, of the largest unit that is not more. */
  public static String text(long bytes) {
    if (bytes < STEP) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = 0;
    // What would be printed as 1000 of a unit is 1.00 of the next.
    while (value >= STEP - 0.5 && unit < UNITS.size() - 1) {
      value /= STEP;
      unit++;
    }
    int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + digits + "f %s", value, UNITS.get(unit));
  }
}
