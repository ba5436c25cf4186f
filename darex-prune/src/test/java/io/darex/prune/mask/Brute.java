package io.darex.prune.mask;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Slow and obvious: what masks keep, by sorting everything. */
final class Brute {
  private Brute() {}

  /** ⌈n·(1−p)⌉ for the decimal number that the text of p shows. */
  static int kept(int n, double p) {
    return BigDecimal.ONE
        .subtract(new BigDecimal(Double.toString(p)))
        .multiply(new BigDecimal(n))
        .setScale(0, RoundingMode.CEILING)
        .intValueExact();
  }

  /** The indices in {@code [from, to)}, from the largest |Δ| down, of equals the first first. */
  static int[] order(float[] delta, int from, int to) {
    return IntStream.range(from, to)
        .boxed()
        .sorted(Comparator.comparing((Integer i) -> -Math.abs(delta[i])).thenComparing(i -> i))
        .mapToInt(i -> i)
        .toArray();
  }

  /** The indices of the {@code wanted} largest in {@code [from, to)}, ascending. */
  static long[] largest(float[] delta, int from, int to, int wanted) {
    return Arrays.stream(order(delta, from, to)).limit(wanted).sorted().asLongStream().toArray();
  }

  static int nonZeros(float[] delta, int from, int to) {
    return (int) IntStream.range(from, to).filter(i -> delta[i] != 0).count();
  }
}
