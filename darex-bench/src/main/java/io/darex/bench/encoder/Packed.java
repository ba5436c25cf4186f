package io.darex.bench.encoder;

import io.darex.bench.console.BadInputException;
import java.util.Arrays;

/**
 * The real tokens of a batch one after the other, without padding, and their division into pieces.
 *
 * <p>A piece is a run of whole texts. Nothing but the gradients of parameters crosses pieces, so
 * one thread takes a piece through all layers. The division depends on the batch alone.
 */
final class Packed {
  /** Enough for full speed of a product, few enough to stay in a core's cache. */
  private static final int PIECE_TOKENS = 256;

  /** Texts {@code [firstText, lastText)} with tokens {@code [firstToken, lastToken)}. */
  record Piece(int index, int firstText, int lastText, int firstToken, int lastToken) {
    int texts() {
      return lastText - firstText;
    }

    int tokens() {
      return lastToken - firstToken;
    }
  }

  final int texts;
  final int tokens;

  /** Text i has tokens {@code [starts[i], starts[i + 1])}. */
  final int[] starts;

  /** Per token: its place in the batch, {@code row · columns + column}. */
  final int[] places;

  final int[] ids;
  final int[] types;
  final int[] positions;
  final Piece[] pieces;

  /**
   * @throws IllegalArgumentException if a token, a type or the length lies outside the config:
   *     native code would read foreign memory
   */
  Packed(Batch batch, EncoderConfig config) {
    texts = batch.rows();
    tokens = Arrays.stream(batch.mask()).sum();
    starts = new int[texts + 1];
    places = new int[tokens];
    ids = new int[tokens];
    types = new int[tokens];
    positions = new int[tokens];
    int token = 0;
    for (int text = 0; text < texts; text++) {
      starts[text] = token;
      int seen = 0;
      for (int column = 0; column < batch.columns(); column++) {
        int place = text * batch.columns() + column;
        if (batch.mask()[place] != 0) {
          places[token] = place;
          ids[token] = batch.ids()[place];
          types[token] = batch.types()[place];
          positions[token] = config.family().position(column, seen, ids[token], config.padToken());
          token++;
        }
        seen += batch.ids()[place] == config.padToken() ? 0 : 1;
      }
    }
    starts[texts] = token;
    check(config, batch.columns());
    pieces = divide();
  }

  private void check(EncoderConfig config, int columns) {
    if (columns > config.maxTokens()) {
      throw new IllegalArgumentException(
          "text of " + columns + " tokens, the encoder has " + config.maxTokens() + " positions");
    }
    check("token id", ids, config.vocabSize());
    if (config.typeVocabSize() > 0) {
      checkTypes(types, config.typeVocabSize());
    }
  }

  /**
   * Refuses pairs where there is one type: both come from the user's files, and transformers stops
   * with an index out of range.
   *
   * @throws BadInputException if a type has no row in its table
   */
  static void checkTypes(int[] types, int rows) {
    for (int type : types) {
      if (type == 1 && rows == 1) {
        throw new BadInputException(
            "expected single texts, for the encoder has one token type (type_vocab_size 1), got a"
                + " pair whose second text the tokenizer gives type 1");
      }
    }
    check("token type", types, rows);
  }

  private static void check(String what, int[] indices, int size) {
    for (int index : indices) {
      if (index < 0 || index >= size) {
        throw new IllegalArgumentException(what + " must lie in [0, " + size + "): " + index);
      }
    }
  }

  /** An even number of pieces with nearly as many tokens each. */
  private Piece[] divide() {
    int wanted = Math.min(texts, 2 * Math.max(1, Math.round(tokens / (2f * PIECE_TOKENS))));
    Piece[] result = new Piece[wanted];
    int text = 0;
    for (int i = 0; i < wanted; i++) {
      int first = text;
      long end = (long) tokens * (i + 1) / wanted;
      int left = wanted - 1 - i; // pieces after this one, each of a text at least
      do {
        text++;
      } while (text < texts - left && (starts[text] + starts[text + 1]) / 2 < end);
      result[i] =
          new Piece(
              i, first, left == 0 ? texts : text, starts[first], left == 0 ? tokens : starts[text]);
    }
    return result;
  }

  int length(int text) {
    return starts[text + 1] - starts[text];
  }

  int longest() {
    int longest = 0;
    for (int text = 0; text < texts; text++) {
      longest = Math.max(longest, length(text));
    }
    return longest;
  }
}
