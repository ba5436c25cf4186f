package io.darex.prune.mask;

import io.darex.prune.Delta;
import io.darex.prune.TensorMask;
import java.util.Arrays;
import java.util.List;

/**
 * Keeps the entries of each row of a matrix whose |Δ| times the weight of their column is largest,
 * of equals the ones that come first, and never a zero of the delta. A block computes the rows that
 * touch it and nothing is remembered; a row that lies in two blocks is computed for both.
 */
final class ScoredRows implements TensorMask {
  /** Below every score, for entries that are zero. */
  private static final long ZERO = -1;

  private final Delta.Pair pair;
  private final double[] weights;
  private final DropRate rate;

  /**
   * The rows of a matrix {@code [m, n]}.
   *
   * @param weights by column, finite and not negative, {@code [n]}
   */
  ScoredRows(Delta.Pair pair, List<Double> weights, DropRate rate) {
    this.pair = pair;
    this.weights = weights.stream().mapToDouble(weight -> weight).toArray();
    this.rate = rate;
  }

  @Override
  public int block(long block, char[] into) {
    long start = block * BLOCK;
    long end = Math.min(pair.tuned().count(), start + BLOCK);
    Row row = new Row();
    int kept = 0;
    for (long from = start - start % weights.length; from < end; from += weights.length) {
      row.read(from);
      kept = row.keep((int) (from - start), into, kept);
    }
    return kept;
  }

  /** The scores of one row after another. Serves one thread. */
  private final class Row {
    private final int length = weights.length;
    private final Magnitudes magnitudes = new Magnitudes(length);

    /** As bits: those of doubles that are not negative are in the order of the numbers. */
    private final long[] scores = new long[length];

    private final int[] upper = new int[length];
    private final long[] candidates = new long[length];

    void read(long from) {
      int[] bits = magnitudes.read(pair, from, length);
      for (int i = 0; i < length; i++) {
        scores[i] =
            bits[i] == 0
                ? ZERO
                : Double.doubleToRawLongBits(Float.intBitsToFloat(bits[i]) * weights[i]);
      }
    }

    /** Adds what is kept of the row whose first element lies {@code first} behind the block's. */
    int keep(int first, char[] into, int before) {
      int nonZeros = 0;
      for (int i = 0; i < length; i++) {
        if (scores[i] != ZERO) {
          upper[nonZeros++] = (int) (scores[i] >>> Integer.SIZE);
        }
      }
      if (nonZeros == 0) {
        return before;
      }
      int wanted = rate.kept(nonZeros);
      long threshold = largest(nonZeros, wanted);
      int ties = wanted;
      for (int i = 0; i < length; i++) {
        ties -= scores[i] > threshold ? 1 : 0;
      }
      int kept = before;
      for (int i = 0; i < length; i++) {
        if (scores[i] > threshold || (scores[i] == threshold && ties-- > 0)) {
          int place = first + i;
          if (place >= 0 && place < BLOCK) {
            into[kept++] = (char) place;
          }
        }
      }
      return kept;
    }

    /** The {@code wanted}-th largest score: the upper halves leave few whose lower ones matter. */
    private long largest(int nonZeros, int wanted) {
      int top = GroupMask.largest(upper, nonZeros, wanted);
      int above = 0;
      int found = 0;
      for (int i = 0; i < length; i++) {
        int half = (int) (scores[i] >> Integer.SIZE);
        above += half > top ? 1 : 0;
        if (half == top) {
          candidates[found++] = scores[i];
        }
      }
      Arrays.sort(candidates, 0, found);
      return candidates[found - (wanted - above)];
    }
  }
}
