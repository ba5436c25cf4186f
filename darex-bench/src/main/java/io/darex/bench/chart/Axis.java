package io.darex.bench.chart;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;

/**
 * A line with numbers or names along it.
 *
 * @param title what stands along it, with its unit
 * @param kind how values become places
 * @param least value, at its beginning
 * @param greatest value, at its end
 * @param ticks from least to greatest
 */
public record Axis(String title, Kind kind, double least, double greatest, List<Tick> ticks) {
  /** Room at both ends, as a share of what is between them. */
  private static final double MARGIN = 0.06;

  /** About how many ticks an axis of numbers has. */
  private static final int TICKS = 5;

  /** Copies the list. */
  public Axis {
    ticks = List.copyOf(ticks);
  }

  /** How values become places. */
  public enum Kind {
    /** Equal differences are equally far apart. */
    LINEAR,
    /** Equal ratios are. */
    LOG,
    /** Names, at 0, 1, 2 …. */
    NAMES
  }

  /** A value and what is written there. */
  public record Tick(double at, String words) {}

  /**
   * With round numbers.
   *
   * @param values all that is to be seen, at least one
   */
  public static Axis linear(String title, Collection<Double> values) {
    double[] ends = ends(values, false);
    List<Tick> ticks = new ArrayList<>();
    round(ends[0], ends[1]).forEach(tick -> ticks.add(new Tick(tick.doubleValue(), words(tick))));
    return new Axis(title, Kind.LINEAR, ends[0], ends[1], ticks);
  }

  /** The same with other words at its ticks. */
  public Axis withWords(DoubleFunction<String> words) {
    List<Tick> renamed =
        ticks.stream().map(tick -> new Tick(tick.at(), words.apply(tick.at()))).toList();
    return new Axis(title, kind, least, greatest, renamed);
  }

  /**
   * With round numbers.
   *
   * @param values all that is to be seen, at least one, all above 0
   */
  public static Axis log(String title, Collection<Double> values) {
    double[] ends = ends(values, true);
    List<Double> ticks = new ArrayList<>();
    int decades = (int) Math.ceil(Math.log10(ends[1] / ends[0]));
    int[] firsts = decades > 2 ? new int[] {1} : new int[] {1, 2, 5};
    int every = 1 + decades / (2 * TICKS);
    for (int decade = (int) Math.floor(Math.log10(ends[0])); ; decade++) {
      if (BigDecimal.ONE.scaleByPowerOfTen(decade).doubleValue() > ends[1]) {
        break;
      }
      for (int first : firsts) {
        double tick = BigDecimal.valueOf(first).scaleByPowerOfTen(decade).doubleValue();
        if (tick >= ends[0] && tick <= ends[1] && Math.floorMod(decade, every) == 0) {
          ticks.add(tick);
        }
      }
    }
    if (ticks.size() < 2) {
      ticks = round(ends[0], ends[1]).stream().map(BigDecimal::doubleValue).toList();
    }
    return new Axis(
        title,
        Kind.LOG,
        ends[0],
        ends[1],
        ticks.stream().map(tick -> new Tick(tick, words(tick))).toList());
  }

  /**
   * With ticks of one's own.
   *
   * @param ticks at least one
   */
  public static Axis at(String title, boolean log, List<Tick> ticks) {
    double[] ends = ends(ticks.stream().map(Tick::at).toList(), log);
    return new Axis(title, log ? Kind.LOG : Kind.LINEAR, ends[0], ends[1], ticks);
  }

  /** Names at 0, 1, 2 …; at least one. */
  public static Axis names(String title, List<String> names) {
    List<Tick> ticks =
        IntStream.range(0, names.size()).mapToObj(i -> new Tick(i, names.get(i))).toList();
    return new Axis(title, Kind.NAMES, -0.5, names.size() - 0.5, ticks);
  }

  /** Where a value stands between the beginning, 0, and the end, 1. */
  public double place(double value) {
    return (along(value) - along(least)) / (along(greatest) - along(least));
  }

  private double along(double value) {
    return kind == Kind.LOG ? Math.log(value) : value;
  }

  /** A number with its unit: {@code 0.05}, {@code 1500}, {@code 2.5e-5}. */
  public static String words(double value) {
    return Double.isFinite(value)
        ? words(new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros())
        : Double.toString(value);
  }

  private static String words(BigDecimal value) {
    double size = Math.abs(value.doubleValue());
    BigDecimal bare = value.stripTrailingZeros();
    if (size == 0 || (size >= 1e-3 && size < 1e6)) {
      return value.scale() > 0 && value.signum() != 0
          ? value.toPlainString()
          : value.signum() == 0 ? "0" : bare.toPlainString();
    }
    int exponent = bare.precision() - bare.scale() - 1;
    return bare.scaleByPowerOfTen(-exponent).toPlainString() + "e" + exponent;
  }

  /** Multiples of 1, 2 or 5 of some decade. */
  private static List<BigDecimal> round(double least, double greatest) {
    BigDecimal rough = new BigDecimal((greatest - least) / TICKS).round(new MathContext(1));
    int first = rough.unscaledValue().intValue();
    BigDecimal step =
        BigDecimal.valueOf(first <= 1 ? 1 : first <= 2 ? 2 : first <= 5 ? 5 : 10)
            .scaleByPowerOfTen(-rough.scale());
    List<BigDecimal> ticks = new ArrayList<>();
    BigDecimal tick = new BigDecimal(least).divide(step, 0, RoundingMode.CEILING).multiply(step);
    for (; tick.doubleValue() <= greatest; tick = tick.add(step)) {
      ticks.add(tick);
    }
    return ticks;
  }

  private static double[] ends(Collection<Double> values, boolean log) {
    double least = values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    double greatest = values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    if (!Double.isFinite(least) || !Double.isFinite(greatest) || (log && least <= 0)) {
      throw new IllegalArgumentException(
          "expected finite values"
              + (log ? " above 0" : "")
              + ", got "
              + least
              + " to "
              + greatest);
    }
    if (log) {
      double margin = Math.max(Math.pow(greatest / least, MARGIN), 1.05);
      margin = least == greatest ? 2 : margin;
      return new double[] {least / margin, greatest * margin};
    }
    double span = greatest - least;
    double margin =
        span > 1e-9 * Math.abs(greatest) ? MARGIN * span : Math.max(Math.abs(greatest) / 10, 1e-9);
    return new double[] {least - margin, greatest + margin};
  }
}
