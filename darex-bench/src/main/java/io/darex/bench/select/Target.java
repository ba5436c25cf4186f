package io.darex.bench.select;

import io.darex.bench.console.BadInputException;
import io.darex.prune.Delta;
import io.darex.prune.Preflight;
import io.darex.prune.recipe.Recipe;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;

/** How far a delta is to be pruned. */
public sealed interface Target {
  /**
   * To a drop rate.
   *
   * @param dropRate p, in [0, 1)
   */
  record Rate(double dropRate) implements Target {
    /** Checks the rate. */
    public Rate {
      if (!(dropRate >= 0 && dropRate < 1)) {
        throw new BadInputException("--drop-rate: expected a number in [0, 1), got " + dropRate);
      }
    }
  }

  /**
   * Until the file is no larger.
   *
   * @param bytes largest size of the sparse-delta file
   */
  record Bytes(long bytes) implements Target {}

  /**
   * For as long as a trial loses no more.
   *
   * @param loss of the task's metric, against the tuned model
   */
  record Tolerance(double loss) implements Target {
    /** The drop rates that are tried, smallest first. */
    public static final List<Double> LADDER = List.of(.5, .8, .9, .95, .98, .99, .995, .999);

    /** Checks the loss. */
    public Tolerance {
      if (!(loss >= 0 && loss < Double.POSITIVE_INFINITY)) {
        throw new BadInputException("--tolerance: expected a number of at least 0, got " + loss);
      }
    }
  }

  /**
   * The smallest drop rate at which the sparse delta's file is expected to be no larger than that:
   * masks that are drawn store no places and so may keep more than others. The share kept is
   * rounded down to three digits.
   *
   * @param mask its kind
   * @throws BadInputException if no rate will do
   */
  static double rateFor(Delta delta, String mask, long bytes) {
    Preflight preflight = Preflight.of(delta);
    double least = 1e-6;
    if (bytesAt(preflight, mask, least) > bytes) {
      throw new BadInputException(
          "--bytes: expected at least "
              + bytesAt(preflight, mask, least)
              + " bytes, which headers and tensors carried whole take at any drop rate, got "
              + bytes);
    }
    if (bytesAt(preflight, mask, 1) <= bytes) {
      return 0;
    }
    double fits = least;
    double over = 1;
    // Sizes from headers are good to a part in a thousand at best.
    while (over / fits > 1.0001) {
      double middle = Math.sqrt(fits * over);
      if (bytesAt(preflight, mask, middle) <= bytes) {
        fits = middle;
      } else {
        over = middle;
      }
    }
    BigDecimal kept = new BigDecimal(fits).round(new MathContext(3, RoundingMode.DOWN));
    return BigDecimal.ONE.subtract(kept).doubleValue();
  }

  private static long bytesAt(Preflight preflight, String mask, double kept) {
    Recipe recipe = Recipe.of(Map.of("mask", mask, "dropRate", 1 - kept));
    return preflight.fileBytes(recipe.mask(), recipe.values());
  }
}
