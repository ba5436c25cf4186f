package io.darex.prune.mask;

import io.darex.prune.parameter.Parameter;
import io.darex.prune.parameter.Range;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * A drop rate p taken at its word, as the decimal number that its shortest text shows: of n
 * candidates exactly ⌈n·(1−p)⌉ are kept. In binary 0.99 lies a little below 99/100, and one hundred
 * candidates would keep two.
 */
public final class DropRate {
  /** The parameter that most masks have. */
  public static final Parameter<Double> PARAMETER =
      Parameter.required(
          "dropRate",
          "share of the entries that is dropped; of those that changed where the mask chooses by"
              + " size",
          new Parameter.Decimal(Range.SHARE));

  private final BigDecimal keep;

  DropRate(double dropRate) {
    keep = BigDecimal.ONE.subtract(BigDecimal.valueOf(dropRate));
  }

  /** How many of {@code candidates} are kept. */
  long kept(long candidates) {
    return keep.multiply(BigDecimal.valueOf(candidates))
        .setScale(0, RoundingMode.CEILING)
        .longValueExact();
  }

  /** How many of {@code candidates} are kept. */
  int kept(int candidates) {
    return (int) kept((long) candidates);
  }

  /**
   * Checks a rate.
   *
   * @throws IllegalArgumentException if it is not in [0, 1)
   */
  static void check(double dropRate) {
    if (!(dropRate >= 0 && dropRate < 1)) {
      throw new IllegalArgumentException("dropRate must be in [0, 1), got " + dropRate);
    }
  }
}
