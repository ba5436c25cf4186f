package io.darex.prune.tensor;

import io.darex.prune.DType;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;
import java.util.Arrays;

/**
 * W₀ + s·B·A as it is read, {@code [out, in]} in fp32 (docs/METHOD.md §7): the product is summed in
 * double over the rank, in its order, and with W₀ rounded once, so an element is the same however
 * it is read.
 */
public final class LowRankTensor implements Tensor {
  /** Elements computed at a time: few enough to stay in the first caches. */
  private static final int PART = 1 << 12;

  private final Tensor base;
  private final Tensor b;
  private final Tensor a;
  private final double scale;
  private final boolean transposed;

  /**
   * @param base W₀, whose name the tensor takes: {@code [out, in]}, or {@code [in, out]} if {@code
   *     transposed}
   * @param b {@code [out, rank]}
   * @param a {@code [rank, in]}
   * @param scale s, α/r or for rsLoRA α/√r
   * @param transposed whether (B·A)ᵀ is added: embeddings, and layers with {@code fan_in_fan_out}
   * @throws IllegalArgumentException if the shapes do not fit
   */
  public LowRankTensor(Tensor base, Tensor b, Tensor a, double scale, boolean transposed) {
    if (!fits(base, b, a, transposed)) {
      throw new IllegalArgumentException(
          "%s: expected W [out, in], B [out, rank] and A [rank, in], got %s, %s and %s"
              .formatted(
                  base.name(),
                  Arrays.toString(base.shape()),
                  Arrays.toString(b.shape()),
                  Arrays.toString(a.shape())));
    }
    this.base = base;
    this.b = b;
    this.a = a;
    this.scale = scale;
    this.transposed = transposed;
  }

  /** Whether base and factors, all of two dimensions, can be multiplied and added. */
  public static boolean fits(Tensor base, Tensor b, Tensor a, boolean transposed) {
    long[] w = base.shape();
    if (w.length != 2 || b.shape().length != 2 || a.shape().length != 2) {
      return false;
    }
    return b.shape()[1] == a.shape()[0]
        && b.shape()[0] == w[transposed ? 1 : 0]
        && a.shape()[1] == w[transposed ? 0 : 1];
  }

  @Override
  public String name() {
    return base.name();
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return base.shape();
  }

  /**
   * {@inheritDoc}
   *
   * @throws NonFiniteException if a value of base or factors is NaN or infinite, or a sum too large
   */
  @Override
  public void read(long from, float[] into, int offset, int length) {
    base.read(from, into, offset, length);
    long columns = shape()[1];
    int rank = (int) a.shape()[0];
    int most = (int) Math.min(Math.min(PART, columns), length);
    float[] row = new float[rank];
    float[] factor = new float[transposed ? Math.multiplyExact(most, rank) : most];
    double[] sums = new double[most];
    for (int done = 0; done < length; ) {
      long at = from + done;
      long column = at % columns;
      int part = (int) Math.min(Math.min(most, length - done), columns - column);
      if (transposed) {
        readTransposed(at / columns, column, row, factor, sums, part);
      } else {
        readRow(at / columns, column, row, factor, sums, part);
      }
      for (int i = 0; i < part; i++) {
        int target = offset + done + i;
        into[target] = (float) (into[target] + scale * sums[i]);
        NonFiniteException.check(name(), at + i, into[target]);
      }
      done += part;
    }
  }

  /** Part of one row of B·A: the rows of A, each times one number of B, added up. */
  private void readRow(long out, long in, float[] row, float[] factor, double[] sums, int length) {
    int rank = row.length;
    b.read(out * rank, row, 0, rank);
    Arrays.fill(sums, 0, length, 0);
    for (int k = 0; k < rank; k++) {
      a.read(k * a.shape()[1] + in, factor, 0, length);
      double times = row[k];
      for (int i = 0; i < length; i++) {
        sums[i] += times * factor[i];
      }
    }
  }

  /** Part of one row of (B·A)ᵀ: the rows of B, each times one column of A. */
  private void readTransposed(
      long in, long out, float[] column, float[] factor, double[] sums, int length) {
    int rank = column.length;
    for (int k = 0; k < rank; k++) {
      column[k] = a.at(k * a.shape()[1] + in);
    }
    b.read(out * rank, factor, 0, length * rank);
    for (int i = 0; i < length; i++) {
      double sum = 0;
      for (int k = 0; k < rank; k++) {
        sum += (double) factor[i * rank + k] * column[k];
      }
      sums[i] = sum;
    }
  }
}
