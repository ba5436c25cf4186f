package io.darex.bench.tokenizer;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The special tokens around a text or a pair of texts.
 *
 * @param parts before, between and after the texts: one more than there are texts
 * @param types of the tokens of each text
 */
record Template(List<EncodedPart> parts, List<Integer> types) {
  /** Tokens in a row, maybe none. */
  @SuppressWarnings("ArrayRecordComponent") // a carrier of arrays, never compared
  record EncodedPart(int[] ids, int[] types) {}

  /**
   * Takes it from texts encoded by themselves and together.
   *
   * @param whole all together, with special tokens
   * @param lengths of each text in tokens, one at least
   * @param special whether a token of the whole is a special one
   */
  static Template of(EncodedText whole, List<Integer> lengths, boolean[] special) {
    EncodedPart[] parts = new EncodedPart[lengths.size() + 1];
    Integer[] types = new Integer[lengths.size()];
    int at = 0;
    for (int i = 0; i < parts.length; i++) {
      int from = at;
      while (at < special.length && special[at]) {
        at++;
      }
      int end = i < types.length ? at : special.length;
      parts[i] =
          new EncodedPart(
              Arrays.copyOfRange(whole.ids(), from, end),
              Arrays.copyOfRange(whole.types(), from, end));
      if (i < types.length) {
        types[i] = whole.types()[at];
        at += lengths.get(i);
      }
    }
    return new Template(List.of(parts), List.of(types));
  }

  /** How many special tokens there are. */
  int specials() {
    return parts.stream().mapToInt(part -> part.ids().length).sum();
  }

  /** The texts with the special tokens around; empty where nothing is left. */
  EncodedPart around(List<int[]> texts) {
    IntStream ids = Arrays.stream(parts.get(0).ids());
    IntStream kinds = Arrays.stream(parts.get(0).types());
    for (int i = 0; i < texts.size(); i++) {
      int type = types.get(i);
      EncodedPart after = parts.get(i + 1);
      ids =
          IntStream.concat(
              IntStream.concat(ids, Arrays.stream(texts.get(i))), Arrays.stream(after.ids()));
      IntStream same = IntStream.generate(() -> type).limit(texts.get(i).length);
      kinds = IntStream.concat(IntStream.concat(kinds, same), Arrays.stream(after.types()));
    }
    return new EncodedPart(ids.toArray(), kinds.toArray());
  }
}
