package io.darex.bench.encoder;

import io.darex.bench.encoder.Scratch.Matrix;
import io.darex.prune.KeptTensor;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;
import io.darex.prune.mask.ColumnPlaces;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The delta of one matrix beside that matrix: of its columns only those that are kept, K, close
 * together and divided by q, {@code [rows, |K|]}. Nothing of a dropped column is stored or read.
 */
final class KeptColumns implements KeptMatrix {
  /** Elements copied at a time. */
  private static final int CHUNK = 1 << 14;

  private final int out;
  private final int in;
  private final int[] columns;
  private final Floats values = new Floats();

  /** Rows of x that have been multiplied, by any thread. */
  private final AtomicLong multiplied = new AtomicLong();

  /**
   * Copies what is kept.
   *
   * @param kept of a matrix {@code [out, in]}, whole columns: in index order they are the compact
   *     matrix
   * @param q what divides it
   * @throws NonFiniteException if a value is NaN or infinite
   */
  KeptColumns(KeptTensor kept, float q) {
    out = Math.toIntExact(kept.shape()[0]);
    in = Math.toIntExact(kept.shape()[1]);
    columns =
        Arrays.stream(ColumnPlaces.ofFirstRow(kept.shape(), kept.places()).columns())
            .mapToInt(Math::toIntExact)
            .toArray();
    values.reserve((long) out * columns.length);
    Tensor scaled = kept.scaledValues(q);
    float[] chunk = new float[CHUNK];
    for (long from = 0; from < kept.kept(); from += CHUNK) {
      int length = (int) Math.min(CHUNK, kept.kept() - from);
      scaled.read(from, chunk, 0, length);
      for (int i = 0; i < length; i++) {
        if (!Float.isFinite(chunk[i])) {
          throw new NonFiniteException(kept.name(), index(from + i), chunk[i]);
        }
      }
      values.put(from, chunk, length);
    }
  }

  /** Where a kept value lies in the full matrix. */
  private long index(long at) {
    return at / columns.length * in + columns[(int) (at % columns.length)];
  }

  int rows() {
    return out;
  }

  /** K, of the matrix' columns those that are kept. */
  int[] columns() {
    return columns;
  }

  /** {@code Δ[:, K]/q}, row-major. */
  float[] values() {
    float[] elements = new float[out * columns.length];
    values.get(0, elements, elements.length);
    return elements;
  }

  /** Counts rows of x that another has multiplied. */
  void multiplied(int rows) {
    multiplied.addAndGet(rows);
  }

  /** {@code y += x[:, K]·(Δ[:, K]/q)ᵀ}. */
  @Override
  public void addProduct(Scratch scratch, Floats x, int from, int count, Floats y) {
    multiplied(count);
    int width = columns.length;
    if (width == 0) {
      return;
    }
    Matrix right = new Matrix(values, 0, width);
    Matrix result = new Matrix(y, (long) from * out, out);
    scratch.productRight(count, out, width, 1, gathered(scratch, x, from, count), right, 1, result);
  }

  private Matrix gathered(Scratch scratch, Floats x, int from, int rows) {
    int count = columns.length;
    if (count == in) {
      return new Matrix(x, (long) from * in, in);
    }
    scratch.gathered.reserve((long) rows * count);
    float[] row = scratch.row(0, count);
    for (int i = 0; i < rows; i++) {
      x.gather((long) (from + i) * in, columns, row);
      scratch.gathered.put((long) i * count, row, count);
    }
    return new Matrix(scratch.gathered, 0, count);
  }

  @Override
  public void addRow(int row, float[] sum, float[] spare) {
    values.get((long) row * columns.length, spare, columns.length);
    for (int i = 0; i < columns.length; i++) {
      sum[columns[i]] += spare[i];
    }
  }

  @Override
  public void addTo(Floats matrix) {
    float[] row = new float[in];
    float[] spare = new float[columns.length];
    for (int i = 0; i < out; i++) {
      matrix.get((long) i * in, row, in);
      addRow(i, row, spare);
      matrix.put((long) i * in, row, in);
    }
  }

  @Override
  public long kept() {
    return (long) out * columns.length;
  }

  @Override
  public long bytes() {
    return kept() * Float.BYTES + (long) columns.length * Integer.BYTES;
  }

  @Override
  public MultiplyAdds multiplyAdds() {
    long rows = multiplied.get();
    return new MultiplyAdds(rows * out * in, rows * out * columns.length);
  }

  @Override
  public void close() {
    values.close();
  }
}
