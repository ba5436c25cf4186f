package io.darex.bench.encoder;

import io.darex.prune.KeptTensor;
import io.darex.prune.NonFiniteException;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The delta of one matrix as compressed rows, for entries that lie anywhere. Where all have one
 * magnitude, an entry is two bytes: its column, and its sign in the highest bit; else its value
 * takes four more.
 *
 * <p>Rows that keep as many entries stand together, so that neither their ends need be stored nor a
 * processor be surprised by where a row ends: at 1 % kept a row has four entries, and the surprise
 * took as long as they did.
 */
final class KeptRows implements KeptMatrix {
  private static final RowLoops LOOPS = RowLoops.best();
  private static final int LANES = RowLoops.LANES;
  private static final int SIGN = RowLoops.SIGN;
  private static final int COLUMN = RowLoops.COLUMN;

  private final int out;
  private final int in;

  /** Of each group, how many entries its rows keep, in ascending order; none of no entries. */
  private final int[] lengths;

  /** Of each group, where its rows begin in {@link #rows}; and their number at the end. */
  private final int[] starts;

  /** Group by group, in ascending order within each. */
  private final int[] rows;

  /** Column and, with one magnitude, sign of every entry, row by row as in {@link #rows}. */
  private final char[] places;

  /** The value of every entry; null with one magnitude. */
  private final float[] values;

  private final float magnitude;

  /** Where rows that are looked up begin; null before the first, as products need it not. */
  private volatile int[] looked;

  /** Rows of x that have been multiplied, by any thread. */
  private final AtomicLong multiplied = new AtomicLong();

  /**
   * Copies what is kept.
   *
   * @param kept of a matrix {@code [out, in]}
   * @param q what divides it
   * @throws NonFiniteException if a value is NaN or infinite
   * @throws IllegalArgumentException if there are more than 32,768 columns
   */
  KeptRows(KeptTensor kept, float q) {
    out = Math.toIntExact(kept.shape()[0]);
    in = Math.toIntExact(kept.shape()[1]);
    if (in > SIGN) {
      throw new IllegalArgumentException(
          kept.name() + ": expected at most " + SIGN + " columns beside the weights, got " + in);
    }
    int count = Math.toIntExact(kept.kept());
    char[] columns = new char[count];
    float[] entries = new float[count];
    int[] perRow = new int[out];
    read(kept, q, columns, entries, perRow);

    int[] group = groups(perRow);
    lengths = Arrays.stream(perRow).filter(n -> n > 0).sorted().distinct().toArray();
    starts = new int[lengths.length + 1];
    for (int row = 0; row < out; row++) {
      if (perRow[row] > 0) {
        starts[group[perRow[row]] + 1]++;
      }
    }
    Arrays.parallelPrefix(starts, Integer::sum);
    rows = new int[starts[lengths.length]];
    magnitude = count == 0 ? 0 : Math.abs(entries[0]);
    boolean signs = hasOneMagnitude(entries);
    places = new char[count];
    values = signs ? null : new float[count];
    int[] nextRow = Arrays.copyOf(starts, lengths.length);
    int[] nextEntry = new int[lengths.length];
    for (int g = 1; g < lengths.length; g++) {
      nextEntry[g] = nextEntry[g - 1] + lengths[g - 1] * (starts[g] - starts[g - 1]);
    }
    int from = 0;
    for (int row = 0; row < out; row++) {
      if (perRow[row] > 0) {
        int g = group[perRow[row]];
        rows[nextRow[g]++] = row;
        for (int i = from; i < from + perRow[row]; i++) {
          int at = nextEntry[g]++;
          places[at] = (char) (columns[i] | (signs && entries[i] < 0 ? SIGN : 0));
          if (!signs) {
            values[at] = entries[i];
          }
        }
        from += perRow[row];
      }
    }
  }

  private void read(KeptTensor kept, float q, char[] columns, float[] entries, int[] perRow) {
    int[] next = {0};
    kept.forEachScaled(
        q,
        (start, offsets, scaled) -> {
          for (int i = 0; i < scaled.length; i++) {
            long index = start + offsets[i];
            int row = (int) (index / in);
            entries[next[0]] = NonFiniteException.check(kept.name(), index, scaled[i]);
            columns[next[0]++] = (char) (index - (long) row * in);
            perRow[row]++;
          }
        });
  }

  /** By number of entries, the group of rows that keep as many. */
  private static int[] groups(int[] perRow) {
    int most = Arrays.stream(perRow).max().orElse(0);
    int[] group = new int[most + 1];
    TreeMap<Integer, Integer> seen = new TreeMap<>();
    Arrays.stream(perRow).filter(n -> n > 0).forEach(n -> seen.put(n, 0));
    int next = 0;
    for (int length : seen.keySet()) {
      group[length] = next++;
    }
    return group;
  }

  private boolean hasOneMagnitude(float[] entries) {
    for (float entry : entries) {
      if (Math.abs(entry) != magnitude) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void addProduct(Scratch scratch, Floats x, int from, int count, Floats y) {
    multiplied.addAndGet(count);
    if (places.length == 0) {
      return;
    }
    float[] read = scratch.row(0, LANES * in);
    float[] tile = scratch.row(1, LANES * in);
    float[] sums = scratch.row(2, LANES * out);
    for (int row = from; row < from + count; row += LANES) {
      int lanes = Math.min(LANES, from + count - row);
      x.get((long) row * in, read, lanes * in);
      y.get((long) row * out, sums, lanes * out);
      interleave(read, tile, in);
      int entry = 0;
      for (int g = 0; g < lengths.length; g++) {
        RowLoops.Group group = new RowLoops.Group(lengths[g], starts[g], starts[g + 1], entry);
        if (values == null) {
          LOOPS.addSigns(group, rows, places, magnitude, tile, sums, out);
        } else {
          LOOPS.addValues(group, rows, places, values, tile, sums, out);
        }
        entry = group.end();
      }
      y.put((long) row * out, sums, lanes * out);
    }
  }

  /** {@code tile[LANES · column + lane] = rows[lane · count + column]}. */
  private static void interleave(float[] rows, float[] tile, int count) {
    for (int i = 0; i < count; i++) {
      int at = LANES * i;
      tile[at] = rows[i];
      tile[at + 1] = rows[count + i];
      tile[at + 2] = rows[2 * count + i];
      tile[at + 3] = rows[3 * count + i];
      tile[at + 4] = rows[4 * count + i];
      tile[at + 5] = rows[5 * count + i];
      tile[at + 6] = rows[6 * count + i];
      tile[at + 7] = rows[7 * count + i];
    }
  }

  private float value(int entry) {
    return values == null ? RowLoops.sign(places[entry]) * magnitude : values[entry];
  }

  private int column(int entry) {
    return values == null ? places[entry] & COLUMN : places[entry];
  }

  @Override
  public void addRow(int row, float[] sum, float[] spare) {
    int[] known = looked;
    if (known == null) {
      known = index();
      looked = known; // by two threads at once perhaps, with the same content
    }
    int at = known[row];
    if (at < 0) {
      return;
    }
    int entry = 0;
    for (int g = 0; ; g++) {
      int end = entry + lengths[g] * (starts[g + 1] - starts[g]);
      if (at < end) {
        for (int k = at; k < at + lengths[g]; k++) {
          sum[column(k)] += value(k);
        }
        return;
      }
      entry = end;
    }
  }

  /** The first entry of each row of the matrix, −1 where it keeps none. */
  private int[] index() {
    int[] index = new int[out];
    Arrays.fill(index, -1);
    int entry = 0;
    for (int g = 0; g < lengths.length; g++) {
      for (int r = starts[g]; r < starts[g + 1]; r++) {
        index[rows[r]] = entry;
        entry += lengths[g];
      }
    }
    return index;
  }

  @Override
  public void addTo(Floats matrix) {
    int entry = 0;
    for (int g = 0; g < lengths.length; g++) {
      for (int r = starts[g]; r < starts[g + 1]; r++) {
        for (int end = entry + lengths[g]; entry < end; entry++) {
          matrix.add((long) rows[r] * in + column(entry), value(entry));
        }
      }
    }
  }

  @Override
  public long kept() {
    return places.length;
  }

  @Override
  public long bytes() {
    int perEntry = Character.BYTES + (values == null ? 0 : Float.BYTES);
    return (long) places.length * perEntry
        + (long) (rows.length + starts.length + lengths.length) * Integer.BYTES
        + (looked == null ? 0 : (long) out * Integer.BYTES);
  }

  @Override
  public MultiplyAdds multiplyAdds() {
    long read = multiplied.get();
    return new MultiplyAdds(read * out * in, read * places.length);
  }

  @Override
  public void close() {
    // The heap's.
  }
}
