package io.darex.bench.tokenizer;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A token that is cut out of the text before the model sees it.
 *
 * @param content its text
 * @param lstrip whether it takes the white space before it
 * @param rstrip whether it takes the white space after it
 * @param singleWord whether it is found as a whole word only
 * @param normalized whether it is looked for after the text was normalized
 * @param special whether it is a special token
 * @param named whether a setting gives no more than its text
 */
record AddedToken(
    String content,
    boolean lstrip,
    boolean rstrip,
    boolean singleWord,
    boolean normalized,
    boolean special,
    boolean named) {
  /** A special token of which no more than the text is known. */
  static AddedToken named(String content) {
    return new AddedToken(content, false, false, false, false, true, true);
  }

  /** An entry of {@code added_tokens.json}. */
  static AddedToken plain(String content, boolean special) {
    return new AddedToken(content, false, false, false, !special, special, false);
  }

  /** As transformers' {@code AddedToken} reads it. */
  static AddedToken read(JsonPart object, boolean special) {
    boolean isSpecial = special || object.at("special").flag(false);
    return new AddedToken(
        object.at("content").text(),
        object.at("lstrip").flag(false),
        object.at("rstrip").flag(false),
        object.at("single_word").flag(false),
        object.at("normalized").flag(!isSpecial),
        isSpecial,
        false);
  }

  AddedToken asSpecial() {
    return new AddedToken(content, lstrip, rstrip, singleWord, normalized, true, false);
  }

  /** As {@code tokenizer.json} holds it. */
  void write(ObjectNode entry, int id) {
    entry.put("id", id);
    entry.put("content", content);
    entry.put("single_word", singleWord);
    entry.put("lstrip", lstrip);
    entry.put("rstrip", rstrip);
    entry.put("normalized", normalized);
    entry.put("special", special);
  }
}
