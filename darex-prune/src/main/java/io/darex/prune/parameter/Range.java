package io.darex.prune.parameter;

import java.util.function.DoublePredicate;

/**
 * A set of admissible numbers and the words an error uses for it.
 *
 * @param words what was expected, such as {@code "a number in [0, 1)"}
 * @param admits whether a number belongs to it
 */
public record Range(String words, DoublePredicate admits) {
  /** {@code [0, 1)}: a drop rate, or a share. */
  public static final Range SHARE = new Range("a number in [0, 1)", x -> x >= 0 && x < 1);

  /** {@code (0, 1]}: a q. */
  public static final Range Q = new Range("a number in (0, 1]", x -> x > 0 && x <= 1);

  /** The whole numbers that a double holds, of which a configuration may name a seed. */
  public static final Range SEED = whole(-(1L << 53), 1L << 53);

  /** At least one of something. */
  public static final Range COUNT = whole(1, Integer.MAX_VALUE);

  /** A finite number above 0. */
  public static final Range POSITIVE =
      new Range("a number above 0", x -> x > 0 && Double.isFinite(x));

  /** A finite number of at least 0. */
  public static final Range NOT_NEGATIVE =
      new Range("a number of at least 0", x -> x >= 0 && Double.isFinite(x));

  /** A whole number in {@code [from, to]}. */
  public static Range whole(long from, long to) {
    return new Range(
        "a whole number from " + from + " to " + to,
        x -> x == Math.rint(x) && x >= from && x <= to);
  }
}
