package io.darex.prune.mask;

import io.darex.prune.Delta;
import io.darex.prune.TensorMask;
import java.util.Arrays;

/**
 * Keeps the largest entries of every group of consecutive elements within a row, of equals the ones
 * that come first, and never a zero. A block computes the groups that touch it and nothing is
 * remembered, so however many groups there are, they take no memory; one that lies in two blocks is
 * computed for both.
 */
final class GroupMask implements TensorMask {
  /** Values that are sorted as fast as searched. */
  private static final int FEW = 32;

  private final Delta.Pair pair;
  private final long row;
  private final int group;
  private final Quota quota;

  /** How many of a group are kept. */
  interface Quota {
    /** At most {@code nonZeros}. */
    int of(int length, int nonZeros);
  }

  /**
   * The groups of a tensor.
   *
   * @param row elements in a row
   * @param group elements in a group, at most {@link TensorMask#BLOCK}; the last group of a row may
   *     have fewer
   */
  GroupMask(Delta.Pair pair, long row, int group, Quota quota) {
    this.pair = pair;
    this.row = row;
    this.group = group;
    this.quota = quota;
  }

  @Override
  public int block(long block, char[] into) {
    long start = block * BLOCK;
    long end = Math.min(pair.tuned().count(), start + BLOCK);
    Magnitudes magnitudes = new Magnitudes(Math.max(Magnitudes.CHUNK, group));
    int[] scratch = new int[group];
    int kept = 0;
    int[] bits = null;
    long read = 0;
    long readEnd = 0;
    long rowEnd = start - start % row + row;
    int length;
    for (long from = start - start % row % group; from < end; from += length) {
      if (from == rowEnd) {
        rowEnd += row;
      }
      length = (int) Math.min(group, rowEnd - from);
      if (from + length > readEnd) {
        read = from;
        readEnd = Math.min(Math.max(end, from + length), from + magnitudes.capacity());
        bits = magnitudes.read(pair, read, (int) (readEnd - read));
      }
      kept = keep(bits, (int) (from - read), length, scratch, (int) (from - start), into, kept);
    }
    return kept;
  }

  /** Adds what is kept of one group whose first element lies {@code first} behind the block's. */
  private int keep(
      int[] bits, int at, int length, int[] scratch, int first, char[] into, int before) {
    int nonZeros = 0;
    for (int i = at; i < at + length; i++) {
      nonZeros += bits[i] == 0 ? 0 : 1;
    }
    int wanted = quota.of(length, nonZeros);
    int threshold = 0;
    int ties = 0;
    if (wanted < nonZeros) {
      System.arraycopy(bits, at, scratch, 0, length);
      threshold = largest(scratch, length, wanted);
      ties = wanted;
      for (int i = at; i < at + length; i++) {
        ties -= bits[i] > threshold ? 1 : 0;
      }
    }
    int kept = before;
    for (int i = 0; i < length; i++) {
      int magnitude = bits[at + i];
      if (magnitude > threshold || (magnitude == threshold && ties-- > 0)) {
        int place = first + i;
        if (place >= 0 && place < BLOCK) {
          into[kept++] = (char) place;
        }
      }
    }
    return kept;
  }

  /**
   * The {@code wanted}-th largest of the first {@code length} values, which it reorders: Hoare's
   * quickselect, and a sort of what is left once that is little or the pivots have been bad.
   */
  static int largest(int[] values, int length, int wanted) {
    int target = length - wanted;
    int low = 0;
    int high = length - 1;
    for (int patience = 2 * Integer.SIZE; high - low > FEW && patience > 0; patience--) {
      int pivot = median(values[low], values[(low + high) >>> 1], values[high]);
      int i = low;
      int j = high;
      while (i <= j) {
        while (values[i] < pivot) {
          i++;
        }
        while (values[j] > pivot) {
          j--;
        }
        if (i <= j) {
          int swapped = values[i];
          values[i++] = values[j];
          values[j--] = swapped;
        }
      }
      if (target <= j) {
        high = j;
      } else if (target >= i) {
        low = i;
      } else {
        return pivot;
      }
    }
    Arrays.sort(values, low, high + 1);
    return values[target];
  }

  private static int median(int a, int b, int c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }
}
