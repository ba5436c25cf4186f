package io.darex.prune.mask;

import io.darex.prune.Delta;
import io.darex.prune.Parallel;
import io.darex.prune.Segments;
import io.darex.prune.Tensor;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * What {@link DellaMask} keeps of one tensor: per block the offsets of the kept entries, and their
 * divisors. Memory is needed for what random mask v1 keeps at the lowest rate, and for no whole row
 * at once.
 */
final class DellaTensor implements TensorMask {
  private static final String TAG = "darex della v1";

  private final DellaMask mask;
  private final Delta.Pair pair;
  private final long key;
  private final char[][] offsets;

  /** Those of {@link #offsets}; while it is decided, 0 stands for an entry that is thinned out. */
  private final float[][] divisors;

  DellaTensor(DellaMask mask, String name, Delta.Pair pair, int threads) {
    this.mask = mask;
    this.pair = pair;
    this.key = Draws.key(TAG, mask.seed(), name);
    int blocks = Math.toIntExact(TensorMask.blocks(pair.tuned().count()));
    this.offsets = new char[blocks][];
    this.divisors = new float[blocks][];
    draw(name, threads);
    decide(threads);
    Parallel.forEach(threads, blocks, () -> block -> thin((int) block));
  }

  @Override
  public int block(long block, char[] into) {
    char[] kept = offsets[(int) block];
    System.arraycopy(kept, 0, into, 0, kept.length);
    return kept.length;
  }

  /** F32 {@code [kept]}: (1−p_i)/(1−p) of every kept entry, in index order. */
  Tensor divisors() {
    return new Segments(divisors);
  }

  private void draw(String name, int threads) {
    TensorMask drawn =
        new RandomMask(mask.seed(), mask.lowestRate()).on(name, pair.tuned().shape());
    Parallel.forEach(
        threads,
        offsets.length,
        () -> {
          char[] into = new char[BLOCK];
          return block -> {
            int b = (int) block;
            offsets[b] = Arrays.copyOf(into, drawn.block(block, into));
            divisors[b] = new float[offsets[b].length];
          };
        });
  }

  private void decide(int threads) {
    Rows rows = Rows.of(pair.tuned().shape());
    long perTask = Math.max(1, BLOCK / Math.max(1, rows.length()));
    Parallel.forEach(
        threads,
        (rows.count() + perTask - 1) / perTask,
        () -> {
          Magnitudes magnitudes = new Magnitudes();
          return task -> {
            long end = Math.min(rows.count(), (task + 1) * perTask);
            for (long row = task * perTask; row < end; row++) {
              decide(row * rows.length(), rows.length(), magnitudes);
            }
          };
        });
  }

  /**
   * Decides on the drawn entries of the row of {@code length} elements that begins at {@code
   * start}.
   */
  private void decide(long start, long length, Magnitudes magnitudes) {
    long[] drawn = drawn(start, start + length);
    long[] order = order(drawn);
    long[] larger = larger(start, length, drawn, order, magnitudes);
    for (int i = 0; i < order.length; i++) {
      long index = drawn[(int) order[i]];
      double rate = mask.rate(larger[i], length);
      double share = (1 - rate) / (1 - mask.lowestRate());
      if ((Draws.at(key, index) >>> 11) * 0x1p-53 < share) {
        int block = (int) (index / BLOCK);
        int place = Arrays.binarySearch(offsets[block], (char) index);
        divisors[block][place] = (float) ((1 - rate) / (1 - mask.dropRate()));
      }
    }
  }

  /** The flat indices of the drawn entries in {@code [from, to)}, ascending. */
  private long[] drawn(long from, long to) {
    LongStream.Builder indices = LongStream.builder();
    for (long block = from / BLOCK; block * BLOCK < to; block++) {
      long first = block * BLOCK;
      char[] places = offsets[(int) block];
      int i = from > first ? firstAtLeast(places, (int) (from - first)) : 0;
      for (; i < places.length && first + places[i] < to; i++) {
        indices.add(first + places[i]);
      }
    }
    return indices.build().toArray();
  }

  private static int firstAtLeast(char[] places, int least) {
    int found = Arrays.binarySearch(places, (char) least);
    return found >= 0 ? found : -found - 1;
  }

  /**
   * The drawn entries from the largest to the smallest: the magnitude, falling, above the ordinal
   * among the drawn, which breaks ties as the index does but fits 32 bits.
   */
  private long[] order(long[] drawn) {
    long[] order = new long[drawn.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = rank(Float.floatToRawIntBits(pair.at(drawn[i])) & Integer.MAX_VALUE, i);
    }
    Arrays.sort(order);
    return order;
  }

  private static long rank(int magnitude, int drawnBefore) {
    return (long) (Magnitudes.LARGEST - magnitude) << Integer.SIZE | drawnBefore;
  }

  /**
   * For each of {@code order}, how many elements of the row are larger. Only the drawn entries are
   * sorted; every element of the row is then counted with the first of them that it is not smaller
   * than.
   */
  private long[] larger(
      long start, long length, long[] drawn, long[] order, Magnitudes magnitudes) {
    long[] larger = new long[order.length + 1];
    int before = 0;
    for (long done = 0; done < length; done += Magnitudes.CHUNK) {
      int part = (int) Math.min(Magnitudes.CHUNK, length - done);
      int[] bits = magnitudes.read(pair, start + done, part);
      for (int i = 0; i < part; i++) {
        while (before < drawn.length && drawn[before] < start + done + i) {
          before++;
        }
        larger[firstAtLeast(order, rank(bits[i], before))]++;
      }
    }
    // Running sums, without the entry itself.
    long sum = -1;
    for (int i = 0; i < order.length; i++) {
      sum += larger[i];
      larger[i] = sum;
    }
    return larger;
  }

  private static int firstAtLeast(long[] order, long rank) {
    int low = 0;
    int high = order.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (order[middle] < rank) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Forgets what was drawn but does not stay. */
  private void thin(int block) {
    char[] places = offsets[block];
    float[] shares = divisors[block];
    int kept = 0;
    for (int i = 0; i < places.length; i++) {
      if (shares[i] > 0) {
        places[kept] = places[i];
        shares[kept++] = shares[i];
      }
    }
    offsets[block] = Arrays.copyOf(places, kept);
    divisors[block] = Arrays.copyOf(shares, kept);
  }
}
