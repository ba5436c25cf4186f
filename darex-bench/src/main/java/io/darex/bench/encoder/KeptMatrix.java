package io.darex.bench.encoder;

/**
 * The delta of one matrix {@code [out, in]} beside that matrix: of its entries those that are kept,
 * divided by q. Nothing is written after construction but a count, so many threads may read.
 */
interface KeptMatrix extends AutoCloseable {
  /** {@code y += x·(Δ/q)ᵀ} over {@code count} rows from row {@code from} of both, x and y. */
  void addProduct(Scratch scratch, Floats x, int from, int count, Floats y);

  /** Adds a row of the delta to that row of the matrix; {@code spare} has room for it too. */
  void addRow(int row, float[] sum, float[] spare);

  /** Adds the delta to a copy of the matrix. */
  void addTo(Floats matrix);

  /** How many entries are kept. */
  long kept();

  /** The memory that it takes, in bytes. */
  long bytes();

  /** Of all products so far. */
  MultiplyAdds multiplyAdds();

  @Override
  void close();
}
