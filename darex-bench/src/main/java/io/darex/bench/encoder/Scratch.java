package io.darex.bench.encoder;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas_nolapack;

/** What one thread of the engine works with: heap rows, a little native memory, and sgemm. */
final class Scratch implements AutoCloseable {
  private static final int ROW_MAJOR = 101;
  private static final int AS_IS = 111;
  private static final int TRANSPOSED = 112;
  private static final int HEAP_ROWS = 5;

  /** A pointer that can be put anywhere, so that products of small blocks allocate nothing. */
  private static final class Cursor extends FloatPointer {
    Cursor() {
      super((Pointer) null);
    }

    Cursor at(long place) {
      address = place;
      return this;
    }
  }

  private final Cursor left = new Cursor();
  private final Cursor right = new Cursor();
  private final Cursor result = new Cursor();
  private final float[][] rows = new float[HEAP_ROWS][0];

  /** Native memory for the attention weights of a few heads, and for their gradients. */
  final Floats weights = new Floats();

  final Floats weightGradients = new Floats();

  /** Columns of a layer's input that a delta beside its weight keeps. */
  final Floats gathered = new Floats();

  /** The {@code index}-th heap array, with room for {@code count} elements. */
  float[] row(int index, int count) {
    if (rows[index].length < count) {
      rows[index] = new float[count];
    }
    return rows[index];
  }

  /** A matrix in memory: row {@code i} begins at element {@code offset + i · stride}. */
  record Matrix(Floats memory, long offset, int stride) {
    long address() {
      return memory.address(offset);
    }
  }

  /** {@code c[m, n] = scale · a[m, k] · b[k, n] + beta · c}. */
  void product(int m, int n, int k, float scale, Matrix a, Matrix b, float beta, Matrix c) {
    sgemm(AS_IS, AS_IS, m, n, k, scale, a, b, beta, c);
  }

  /** {@code c[m, n] = scale · a[m, k] · b[n, k]ᵀ + beta · c}. */
  void productRight(int m, int n, int k, float scale, Matrix a, Matrix b, float beta, Matrix c) {
    sgemm(AS_IS, TRANSPOSED, m, n, k, scale, a, b, beta, c);
  }

  /** {@code c[m, n] = scale · a[k, m]ᵀ · b[k, n] + beta · c}. */
  void productLeft(int m, int n, int k, float scale, Matrix a, Matrix b, float beta, Matrix c) {
    sgemm(TRANSPOSED, AS_IS, m, n, k, scale, a, b, beta, c);
  }

  private void sgemm(
      int aIs,
      int bIs,
      int m,
      int n,
      int k,
      float scale,
      Matrix a,
      Matrix b,
      float beta,
      Matrix c) {
    openblas_nolapack.cblas_sgemm(
        ROW_MAJOR,
        aIs,
        bIs,
        m,
        n,
        k,
        scale,
        left.at(a.address()),
        a.stride(),
        right.at(b.address()),
        b.stride(),
        beta,
        result.at(c.address()),
        c.stride());
  }

  @Override
  public void close() {
    weights.close();
    weightGradients.close();
    gathered.close();
  }
}
