package io.darex.optim;

/**
 * The inner loops of {@link FloatKernel}, over elements {@code from} (inclusive) to {@code to} of
 * chunks that lie in the nearest cache.
 *
 * <p>Implementations do the same roundings in the same order, so which one runs cannot be told from
 * the bytes that come out. For that, sums are kept as one double per place in the chunk: sums per
 * vector lane would depend on how many lanes the processor has.
 */
interface FloatLoops {
  /** {@code sums[i] += x[i]²}. */
  void addSquares(double[] sums, float[] x, int from, int to);

  /** {@code sums[i] += x[i]}. */
  void add(double[] sums, float[] x, int from, int to);

  /** New m and v. */
  void moments(float[] g, float[] m, float[] v, int from, int to, Coefficients by);

  /** {@link Penalty#L2}. */
  void shrink(float[] theta, float[] anchor, int from, int to, float pull);

  /** {@link Penalty#L1}. */
  void shift(float[] theta, float[] anchor, int from, int to, float pull);

  /** The Adam step. */
  void adam(float[] theta, float[] m, float[] v, int from, int to, Coefficients by);

  /** {@link Penalty#L1_PROX}. */
  void prox(float[] theta, float[] anchor, int from, int to, float pull);
}
