package io.darex.bench.select;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** The law of the bisection, on losses that fall with the size. */
class BisectionTest {
  private static final SplittableRandom RANDOM = new SplittableRandom(3);

  @RepeatedTest(500)
  void findsTheSmallestToAStepInFewTrials() {
    long least = RANDOM.nextLong(1, 200);
    long first = least + RANDOM.nextLong(1, 1000);
    long most = first + RANDOM.nextLong(0, 5000);
    long smallest = RANDOM.nextLong(1, 6000);
    List<Long> tried = new ArrayList<>();
    LongPredicate allowed = size -> tried.add(size) && size >= smallest;
    OptionalLong found = Bisection.smallest(least, first, most, allowed);
    assertThat(found.isPresent()).isEqualTo(smallest <= most);
    assertThat(tried).doesNotHaveDuplicates().allMatch(size -> size > least && size <= most);
    assertThat(tried).hasSizeLessThanOrEqualTo(Bisection.tries(least, first, most));
    double steps = Math.log((double) most / least) / Math.log(Bisection.STEP);
    assertThat(tried)
        .hasSizeLessThanOrEqualTo(4 + (int) Math.ceil(Math.log(steps + 2) / Math.log(2)));
    if (found.isPresent()) {
      long size = found.getAsLong();
      assertThat(tried).contains(size);
      long below = Math.max(smallest, least + 1);
      assertThat(size).isGreaterThanOrEqualTo(below);
      assertThat(size == below || size <= Bisection.STEP * below + 1).isTrue();
    }
  }

  @Test
  void aCheckpointOfNinetyMegabytesTakesSevenSizes() {
    List<Long> tried = new ArrayList<>();
    Bisection.smallest(20, 900, 4500, size -> tried.add(size) && size >= 306);
    assertThat(tried).hasSizeLessThanOrEqualTo(8).startsWith(900L);
    assertThat(Bisection.tries(20, 900, 4500)).isBetween(tried.size(), 8);
  }
}
