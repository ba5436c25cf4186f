package io.darex.bench.encoder;

/**
 * One run over a batch.
 *
 * @param packed its tokens
 * @param training whether dropout acts and activations are kept for the backward pass
 * @param dropoutSeed of all masks
 */
record Pass(Packed packed, boolean training, long dropoutSeed) {
  /** Places where dropout acts, beside those of the layers. */
  static final int EMBEDDINGS = 0;

  static final int HEAD_INPUT = 1;
  static final int HEAD_OUTPUT = 2;

  /** Places where dropout acts in a layer. */
  static final int WEIGHTS = 0;

  static final int ATTENTION = 1;
  static final int OUTPUT = 2;

  private static final int PLACES = 4;

  /** Dropout at a place outside the layers. */
  Dropout dropout(int place, double rate) {
    return new Dropout(dropoutSeed, place, training ? rate : 0);
  }

  /** Dropout at a place in a layer. */
  Dropout dropout(int layer, int place, double rate) {
    return dropout((layer + 1) * PLACES + place, rate);
  }

  /** The row of masks that belongs to a token, or to the first token of a text. */
  long place(boolean firsts, int row) {
    return packed.places[firsts ? packed.starts[row] : row];
  }
}
