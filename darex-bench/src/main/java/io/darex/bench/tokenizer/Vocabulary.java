package io.darex.bench.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.bench.console.BadInputException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A model of a {@code tokenizer.json} whose pieces and merges were checked, and the ids of its
 * pieces.
 *
 * @param model as {@code tokenizer.json} holds it, without the settings beside the vocabulary
 * @param ids by piece
 */
record Vocabulary(ObjectNode model, Map<String, Integer> ids) {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** What Rust takes for white space at the end of a line. */
  private static final Pattern LINE_END = Pattern.compile("[\\s\\x85\\p{Z}]+\\z");

  private static final int ID_LIMIT = Integer.MAX_VALUE - 1;

  /** WordPiece from a {@code vocab.txt}, which holds a piece a line. */
  static Vocabulary ofLines(String text) {
    ObjectNode vocab = NODES.objectNode();
    List<String> lines = List.of(text.split("\n", -1));
    // What follows the last line end is no line.
    int count = lines.get(lines.size() - 1).isEmpty() ? lines.size() - 1 : lines.size();
    for (int id = 0; id < count; id++) {
      vocab.put(LINE_END.matcher(lines.get(id)).replaceFirst(""), id);
    }
    return ofPieces("WordPiece", new JsonPart("vocab.txt", vocab));
  }

  /** The vocabulary of a {@code tokenizer.json} or {@code vocab.json}, ids by piece. */
  static Vocabulary ofPieces(String type, JsonPart vocab) {
    Map<String, Integer> ids = new HashMap<>();
    Set<Integer> seen = new HashSet<>();
    ObjectNode node = NODES.objectNode();
    vocab
        .entries()
        .forEach(
            (piece, value) -> {
              int id = value.number(0, ID_LIMIT);
              if (!seen.add(id)) {
                throw value.refusal("an id of its own");
              }
              ids.put(piece, id);
              node.put(piece, id);
            });
    if (ids.isEmpty()) {
      throw vocab.refusal("pieces");
    }
    ObjectNode model = NODES.objectNode().put("type", type);
    model.set("vocab", node);
    return new Vocabulary(model, ids);
  }

  /** Unigram from the list of pieces and scores in a {@code tokenizer.json}. */
  static Vocabulary ofScores(JsonPart vocab) {
    Map<String, Integer> ids = new HashMap<>();
    ArrayNode node = NODES.arrayNode();
    for (JsonPart entry : vocab.list()) {
      List<JsonPart> pair = entry.list();
      if (pair.size() != 2 || !pair.get(1).node().isNumber()) {
        throw entry.refusal("a piece and its score");
      }
      double score = pair.get(1).node().doubleValue();
      if (!Double.isFinite(score)) {
        throw pair.get(1).refusal("a finite score");
      }
      ids.put(pair.get(0).text(), node.size());
      node.addArray().add(pair.get(0).text()).add(score);
    }
    if (ids.isEmpty()) {
      throw vocab.refusal("pieces");
    }
    ObjectNode model = NODES.objectNode().put("type", "Unigram");
    model.set("vocab", node);
    return new Vocabulary(model, ids);
  }

  /** The same with the merges of a {@code tokenizer.json}, each "a b" or a list of two. */
  Vocabulary withMerges(JsonPart merges) {
    ArrayNode node = model.putArray("merges");
    for (JsonPart merge : merges.list()) {
      if (merge.node().isArray()) {
        List<JsonPart> pair = merge.list();
        if (pair.size() != 2) {
          throw merge.refusal("two parts");
        }
        merge(node, merge.where(), pair.get(0).text(), pair.get(1).text());
      } else {
        merge(node, merge.where(), merge.text());
      }
    }
    return this;
  }

  /** The same with the merges of a {@code merges.txt}, two parts a line. */
  Vocabulary withMerges(String text) {
    ArrayNode node = model.putArray("merges");
    List<String> lines = List.of(text.split("\r?\n", -1));
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank() && !lines.get(i).startsWith("#version")) {
        merge(node, "merges.txt:" + (i + 1), lines.get(i));
      }
    }
    return this;
  }

  private void merge(ArrayNode merges, String where, String line) {
    String[] parts = line.split(" ", -1);
    if (parts.length != 2) {
      throw new BadInputException(
          where
              + ": expected two parts with a space between, got "
              + BadInputException.quote(line));
    }
    merge(merges, where, parts[0], parts[1]);
  }

  private void merge(ArrayNode merges, String where, String first, String second) {
    for (String piece : List.of(first, second, first + second)) {
      if (!ids.containsKey(piece)) {
        throw new BadInputException(
            where
                + ": expected pieces of the vocabulary, got "
                + BadInputException.quote(first + " " + second)
                + ", where "
                + BadInputException.quote(piece)
                + " is none");
      }
    }
    merges.addArray().add(first).add(second);
  }

  /**
   * The id of a piece.
   *
   * @throws BadInputException if there is none
   */
  int id(String what, String piece) {
    Integer id = ids.get(piece);
    if (id == null) {
      throw new BadInputException(
          "tokenizer: expected the "
              + what
              + " "
              + BadInputException.quote(piece)
              + " in the vocabulary, got none of that name");
    }
    return id;
  }

  /** What transformers counts from for new tokens. */
  int size() {
    return ids.size();
  }

  /** One more than the largest id. */
  int end() {
    return 1 + ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
  }
}
