package io.darex.prune.mask;

import io.darex.prune.Tensor;

/**
 * A tensor {@code [m, rest…]} as m rows of ∏rest columns: the weights of one output are a row,
 * those of one input a column. A scalar or a vector is one row.
 *
 * @param count the number of rows
 * @param length the columns of each
 */
public record Rows(long count, long length) {
  /** The rows of that shape; none, and no columns, where there are no elements. */
  public static Rows of(long[] shape) {
    long elements = Tensor.count(shape);
    if (shape.length < 2) {
      return new Rows(1, elements);
    }
    return elements == 0 ? new Rows(0, 0) : new Rows(shape[0], elements / shape[0]);
  }
}
