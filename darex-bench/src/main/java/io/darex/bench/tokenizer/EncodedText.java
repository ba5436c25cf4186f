package io.darex.bench.tokenizer;

/**
 * One tokenized text or pair of texts, special tokens included, without padding.
 *
 * @param ids vocabulary index of each token
 * @param types 0 for tokens of the first text, 1 for those of the second
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of arrays, never compared
public record EncodedText(int[] ids, int[] types) {
  /**
   * @throws IllegalArgumentException if it is empty or the lengths differ
   */
  public EncodedText {
    if (ids.length == 0 || ids.length != types.length) {
      throw new IllegalArgumentException(
          "need as many types as ids, and one at least: "
              + ids.length
              + " ids, "
              + types.length
              + " types");
    }
  }

  /** The number of tokens. */
  public int length() {
    return ids.length;
  }
}
