package io.darex.prune.mask;

import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Keeps some columns of a tensor seen as {@code [m, rest…]}, m rows of ∏rest columns, and all of
 * each. A scalar or a vector is one row.
 */
public final class ColumnPlaces implements TensorMask {
  private final Rows rows;
  private final long[] columns;

  /**
   * Takes over the array.
   *
   * @param shape the tensor's dimensions, a linear weight as {@code [out, in]}
   * @param columns the kept ones, ascending
   * @throws IllegalArgumentException if they do not rise or are not all columns of the tensor
   */
  public ColumnPlaces(long[] shape, long[] columns) {
    this.rows = Rows.of(shape);
    this.columns = columns;
    long before = -1;
    for (long column : columns) {
      if (column <= before || column >= rows.length()) {
        throw new IllegalArgumentException(
            "kept columns must rise and be below "
                + rows.length()
                + ", got "
                + column
                + " after "
                + before);
      }
      before = column;
    }
  }

  /**
   * The columns that {@code places} keeps of a tensor's first row, read off its elements.
   *
   * @param shape the tensor's dimensions, a linear weight as {@code [out, in]}
   */
  public static ColumnPlaces ofFirstRow(long[] shape, TensorMask places) {
    long length = Rows.of(shape).length();
    char[] offsets = new char[(int) Math.min(Tensor.count(shape), BLOCK)];
    LongStream columns =
        LongStream.range(0, TensorMask.blocks(length))
            .flatMap(
                block ->
                    IntStream.range(0, places.block(block, offsets))
                        .mapToLong(i -> block * BLOCK + offsets[i]))
            .filter(column -> column < length);
    return new ColumnPlaces(shape, columns.toArray());
  }

  /** The kept columns, ascending; the caller must not modify the array. */
  public long[] columns() {
    return columns;
  }

  /** How many entries are kept. */
  public long kept() {
    return rows.count() * columns.length;
  }

  @Override
  public int block(long block, char[] into) {
    long start = block * BLOCK;
    long end = Math.min(rows.count() * rows.length(), start + BLOCK);
    int kept = 0;
    if (columns.length == 0) {
      return kept;
    }
    int found = Arrays.binarySearch(columns, start % rows.length());
    int next = found >= 0 ? found : -found - 1;
    for (long row = start - start % rows.length(); row < end; row += rows.length()) {
      while (next < columns.length && row + columns[next] < end) {
        into[kept++] = (char) (row + columns[next++] - start);
      }
      next = 0;
    }
    return kept;
  }
}
