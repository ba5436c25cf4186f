package io.darex.bench.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchesTest {
  @Test
  void evaluationCoversEachOnceWithinTheBudget() {
    for (long seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      int[] lengths = lengths(random, random.nextInt(300));
      int budget = 1 + random.nextInt(600);
      int rows = 1 + random.nextInt(40);
      List<int[]> batches = Batches.evaluation(lengths, budget, rows);
      coversEachOnce(batches, lengths.length);
      for (int[] batch : batches) {
        assertThat(batch.length).isBetween(1, rows);
        assertThat(batch.length == 1 || batch.length * longest(batch, lengths) <= budget)
            .as("seed %d", seed)
            .isTrue();
      }
    }
  }

  @Test
  void evaluationIsSortedAndFull() {
    int[] lengths = {5, 9, 3, 9, 4, 20};
    assertThat(Batches.evaluation(lengths, 18, 2))
        .containsExactly(new int[] {5}, new int[] {1, 3}, new int[] {0, 4}, new int[] {2});
    assertThat(Batches.evaluation(new int[0], 18, 2)).isEmpty();
    assertThat(Batches.evaluation(new int[] {0, 0}, 18, 8)).containsExactly(new int[] {0, 1});
  }

  @Test
  void trainingCoversEachOnceInEqualBatches() {
    for (long seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      int[] lengths = lengths(random, random.nextInt(2000));
      int size = 1 + random.nextInt(32);
      List<int[]> batches = Batches.training(lengths, size, seed, 0);
      coversEachOnce(batches, lengths.length);
      assertThat(batches).hasSize((lengths.length + size - 1) / size);
      assertThat(batches.stream().filter(batch -> batch.length != size).count())
          .isLessThanOrEqualTo(1);
    }
  }

  @Test
  void littleIsPadding() {
    int[] lengths = lengths(new Random(1), 4000);
    List<int[]> unsorted = Batches.evaluation(new int[4000], 32, 32);
    assertThat(padding(unsorted, lengths)).isGreaterThan(0.5);
    assertThat(padding(Batches.evaluation(lengths, 4096, 64), lengths)).isLessThan(0.06);
    assertThat(padding(Batches.training(lengths, 32, 3, 0), lengths)).isLessThan(0.16);
  }

  @Test
  void trainingIsAFunctionOfSeedAndEpoch() {
    int[] lengths = lengths(new Random(2), 500);
    int[] first = flat(Batches.training(lengths, 16, 0, 0));
    assertThat(flat(Batches.training(lengths, 16, 0, 0))).isEqualTo(first);
    assertThat(flat(Batches.training(lengths, 16, 0, 1))).isNotEqualTo(first);
    assertThat(flat(Batches.training(lengths, 16, 1, 0))).isNotEqualTo(first);
    // Frozen: a run can be repeated only while the order stays.
    assertThat(flat(Batches.training(new int[] {3, 1, 4, 1, 5, 9, 2, 6}, 3, 42, 1)))
        .containsExactly(5, 7, 4, 3, 1, 2, 0, 6);
  }

  @Test
  void batchesDoNotComeInOrderOfLength() {
    int[] lengths = lengths(new Random(3), 3200);
    List<int[]> batches = Batches.training(lengths, 32, 0, 0);
    long rises =
        IntStream.range(1, batches.size())
            .filter(i -> longest(batches.get(i), lengths) > longest(batches.get(i - 1), lengths))
            .count();
    assertThat(rises).isBetween(30L, 70L);
  }

  @Test
  void hugeBatchesDoNotOverflow() {
    assertThat(Batches.training(new int[] {1, 2, 3}, Integer.MAX_VALUE, 0, 0)).hasSize(1);
    assertThat(Batches.evaluation(new int[] {1, 2, 3}, Integer.MAX_VALUE, Integer.MAX_VALUE))
        .hasSize(1);
  }

  @Test
  void refusesWhatIsNotPositive() {
    int[] lengths = {1};
    assertThatIllegalArgumentException().isThrownBy(() -> Batches.evaluation(lengths, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> Batches.evaluation(lengths, 1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> Batches.training(lengths, 0, 0, 0));
  }

  /** Lengths with a long tail, as those of sentences. */
  private static int[] lengths(Random random, int count) {
    return IntStream.generate(() -> 3 + (int) Math.min(120, Math.exp(2 + random.nextGaussian())))
        .limit(count)
        .toArray();
  }

  private static void coversEachOnce(List<int[]> batches, int count) {
    int[] indices = flat(batches);
    Arrays.sort(indices);
    assertThat(indices).isEqualTo(IntStream.range(0, count).toArray());
  }

  private static int[] flat(List<int[]> batches) {
    return batches.stream().flatMapToInt(Arrays::stream).toArray();
  }

  private static int longest(int[] batch, int[] lengths) {
    return Arrays.stream(batch).map(i -> lengths[i]).max().orElseThrow();
  }

  private static double padding(List<int[]> batches, int[] lengths) {
    double cells = batches.stream().mapToInt(b -> b.length * longest(b, lengths)).sum();
    return 1 - Arrays.stream(lengths).sum() / cells;
  }
}
