package io.darex.prune;

/**
 * What entered one linear layer over a calibration set, reduced to the sums that masks and rescales
 * need: the rows X themselves are gone.
 */
public final class LayerInput {
  private final long rows;
  private final double[] mean;
  private final double[] gram;

  /**
   * @param rows number of input vectors, at least 1
   * @param mean by feature, the signed mean {@code [n]}
   * @param gram E[x·xᵀ], {@code [n, n]} row-major and symmetric
   * @throws IllegalArgumentException if the sizes disagree or a number is NaN or infinite
   */
  public LayerInput(long rows, double[] mean, double[] gram) {
    if (rows < 1 || (long) mean.length * mean.length != gram.length) {
      throw new IllegalArgumentException(
          "expected rows of n features, n means and n² products, got "
              + rows
              + " rows, "
              + mean.length
              + " means and "
              + gram.length
              + " products");
    }
    requireFinite("mean", mean);
    requireFinite("product", gram);
    this.rows = rows;
    this.mean = mean.clone();
    this.gram = gram.clone();
  }

  private static void requireFinite(String what, double[] numbers) {
    for (int i = 0; i < numbers.length; i++) {
      if (!Double.isFinite(numbers[i])) {
        throw new IllegalArgumentException(
            "expected finite sums over a layer's inputs, got "
                + what
                + " "
                + i
                + ": "
                + numbers[i]);
      }
    }
  }

  /** The number of input vectors. */
  public long rows() {
    return rows;
  }

  /** The number of features n. */
  public int features() {
    return mean.length;
  }

  /** The signed mean of a feature. */
  public double mean(int feature) {
    return mean[feature];
  }

  /** E[x_i·x_j]. */
  public double product(int i, int j) {
    return gram[i * mean.length + j];
  }

  /** ‖X_j‖₂ over all rows. */
  public double norm(int feature) {
    return Math.sqrt(rows * product(feature, feature));
  }
}
