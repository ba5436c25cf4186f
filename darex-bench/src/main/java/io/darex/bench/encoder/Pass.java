package io.darex.bench.encoder;

import io.darex.bench.encoder.Packed.Piece;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * One run over a batch.
 *
 * @param packed its tokens
 * @param keeping whether activations are kept for a backward pass
 * @param dropoutSeed of all masks; none where dropout does not act
 * @param deltas of each text, what is beside the weights
 */
record Pass(Packed packed, boolean keeping, OptionalLong dropoutSeed, List<BesideDelta> deltas) {
  /** Places where dropout acts, beside those of the layers. */
  static final int EMBEDDINGS = 0;

  static final int HEAD_INPUT = 1;
  static final int HEAD_OUTPUT = 2;

  /** Places where dropout acts in a layer. */
  static final int WEIGHTS = 0;

  static final int ATTENTION = 1;
  static final int OUTPUT = 2;

  private static final int PLACES = 4;

  /**
   * Consecutive rows of buffers that have one delta beside the weights.
   *
   * @param from the first of them
   * @param count how many there are
   */
  record Run(BesideDelta delta, int from, int count) {}

  /** The tokens of a piece. */
  List<Run> tokens(Piece piece) {
    return runs(piece.firstText(), piece.lastText(), packed.starts);
  }

  /** The texts of a piece, where rows are counted by text. */
  List<Run> texts(Piece piece) {
    return runs(piece.firstText(), piece.lastText(), null);
  }

  /** All texts. */
  List<Run> texts() {
    return runs(0, packed.texts, null);
  }

  /**
   * @param starts row of each text; null where a text is a row
   */
  private List<Run> runs(int firstText, int lastText, int[] starts) {
    List<Run> runs = new ArrayList<>();
    int first = firstText;
    for (int text = firstText + 1; text <= lastText; text++) {
      if (text == lastText || deltas.get(text) != deltas.get(first)) {
        int from = starts == null ? first : starts[first];
        int end = starts == null ? text : starts[text];
        runs.add(new Run(deltas.get(first), from, end - from));
        first = text;
      }
    }
    return runs;
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
