package io.darex.bench.encoder;

import java.util.OptionalLong;

/**
 * One run over a batch.
 *
 * @param packed its tokens
 * @param keeping whether activations are kept for a backward pass
 * @param dropoutSeed of all masks; none where dropout does not act
 */
record Pass(Packed packed, boolean keeping, OptionalLong dropoutSeed) {
  /** Places where dropout acts, beside those of the layers. */
  static final int EMBEDDINGS = 0;

  static final int HEAD_INPUT = 1;
  static final int HEAD_OUTPUT = 2;

  /** Places where dropout acts in a layer. */
  static final int WEIGHTS = 0;

  static final int ATTENTION = 1;
  static final int OUTPUT = 2;

  private static final int PLACES = 4;

  /** A pass for its results alone. */
  static Pass inference(Batch batch, EncoderConfig config) {
    return new Pass(new Packed(batch, config), false, OptionalLong.empty());
  }

  /** Dropout at a place outside the layers. */
  Dropout dropout(int place, double rate) {
    return new Dropout(dropoutSeed.orElse(0), place, dropoutSeed.isPresent() ? rate : 0);
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
