package io.darex.bench.select;

import java.util.OptionalLong;
import java.util.function.LongPredicate;

/**
 * Finds the smallest size that will do, where larger ones always do, by halving its logarithm. Of a
 * curve that is not monotone it finds one of the places where sizes begin to do.
 */
final class Bisection {
  /** How far apart the answer and the next smaller size may lie at most, as a factor. */
  static final double STEP = 1.1;

  private Bisection() {}

  /**
   * The smallest size that will do, to a {@linkplain #STEP step} or to one. It tries {@code first},
   * then {@code most} if that will not do, then sizes between. Those are about log2(log(most/least)
   * / log(step)).
   *
   * @param least no size from here on down is tried
   * @param first above {@code least}
   * @param most at least {@code first}
   * @return empty if not even {@code most} will do
   */
  static OptionalLong smallest(long least, long first, long most, LongPredicate allowed) {
    long low = least;
    long high = first;
    if (!allowed.test(first)) {
      if (most <= first || !allowed.test(most)) {
        return OptionalLong.empty();
      }
      low = first;
      high = most;
    }
    while (isOpen(low, high)) {
      long middle = middle(low, high);
      if (allowed.test(middle)) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return OptionalLong.of(high);
  }

  /** How many sizes {@link #smallest} tries at most. */
  static int tries(long least, long first, long most) {
    int within = 1 + halvings(least, first);
    return most > first ? Math.max(within, 2 + halvings(first, most)) : within;
  }

  private static int halvings(long low, long high) {
    if (!isOpen(low, high)) {
      return 0;
    }
    long middle = middle(low, high);
    return 1 + Math.max(halvings(low, middle), halvings(middle, high));
  }

  private static boolean isOpen(long low, long high) {
    return high - low > 1 && high > STEP * low;
  }

  private static long middle(long low, long high) {
    long middle = Math.round(Math.sqrt((double) low * high));
    return Math.max(low + 1, Math.min(high - 1, middle));
  }
}
