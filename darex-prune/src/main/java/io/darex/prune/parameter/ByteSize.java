package io.darex.prune.parameter;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes as people write it, with decimal units: {@code 400KB}, {@code 1.5 MB}, {@code
 * 2000}; or a share of something: {@code 1%}.
 *
 * @param amount above 0
 * @param unit one of {@code B}, {@code KB}, {@code MB}, {@code GB}, {@code TB} and {@code %}
 */
public record ByteSize(BigDecimal amount, String unit) {
  private static final List<String> UNITS = List.of("B", "KB", "MB", "GB", "TB");
  private static final String SHARE = "%";
  private static final int STEP_DIGITS = 3;
  private static final int STEP = 1000;
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,15}(?:\\.\\d{1,15})?) ?([KMGT]?B?|%)");

  /** Drops zeros at the end, so that equal sizes of a unit are equal. */
  public ByteSize {
    amount = amount.signum() == 0 ? BigDecimal.ZERO : amount.stripTrailingZeros();
  }

  /**
   * Reads a text.
   *
   * @throws IllegalArgumentException if it is none, or not from one byte to as many as a long holds
   */
  public static ByteSize of(String text) {
    Matcher parts = FORM.matcher(text.strip().toUpperCase(Locale.ROOT));
    if (parts.matches()) {
      String unit = parts.group(2);
      boolean bare = !unit.endsWith("B") && !unit.equals(SHARE);
      ByteSize size = new ByteSize(new BigDecimal(parts.group(1)), bare ? unit + "B" : unit);
      BigDecimal most = BigDecimal.valueOf(Long.MAX_VALUE);
      if (size.isShare()
          ? size.amount.signum() > 0 && size.amount.compareTo(BigDecimal.valueOf(100)) <= 0
          : size.exact().compareTo(BigDecimal.ONE) >= 0 && size.exact().compareTo(most) <= 0) {
        return size;
      }
    }
    throw new IllegalArgumentException(
        "expected a size such as 400KB, 1.5MB or 1%, got '" + text + "'");
  }

  /** Whether it is a share. */
  public boolean isShare() {
    return unit.equals(SHARE);
  }

  /**
   * How many bytes that are, rounded down.
   *
   * @param whole what a share is taken of, in bytes
   */
  public long bytes(long whole) {
    BigDecimal exact =
        isShare() ? amount.multiply(BigDecimal.valueOf(whole)).movePointLeft(2) : exact();
    return exact.setScale(0, RoundingMode.FLOOR).longValueExact();
  }

  private BigDecimal exact() {
    return amount.movePointRight(STEP_DIGITS * UNITS.indexOf(unit));
  }

  /** The text, which {@link #of} reads. */
  @Override
  public String toString() {
    return amount.toPlainString() + unit;
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
