package io.darex.bench.encoder;

import io.darex.bench.tokenizer.EncodedText;
import java.util.Arrays;
import java.util.List;

/**
 * Texts of one forward pass, padded at the end to the longest of them.
 *
 * @param rows number of texts
 * @param columns tokens of the longest one
 * @param ids token ids, {@code [rows, columns]} row-major, 0 where padded
 * @param types token types, likewise
 * @param mask 1 at real tokens, 0 at padding
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of arrays, never compared
public record Batch(int rows, int columns, int[] ids, int[] types, int[] mask) {
  /**
   * @throws IllegalArgumentException if an array has not {@code rows · columns} elements, or a row
   *     does not begin with a real token
   */
  public Batch {
    int count = Math.multiplyExact(rows, columns);
    if (count <= 0 || ids.length != count || types.length != count || mask.length != count) {
      throw new IllegalArgumentException(
          "need "
              + rows
              + " × "
              + columns
              + " ids, types and mask: "
              + ids.length
              + ", "
              + types.length
              + ", "
              + mask.length);
    }
    for (int row = 0; row < rows; row++) {
      if (mask[row * columns] != 1) {
        throw new IllegalArgumentException("row " + row + " begins with padding");
      }
    }
  }

  /**
   * Pads {@code texts} to the longest.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Batch of(List<EncodedText> texts) {
    int rows = texts.size();
    int columns = texts.stream().mapToInt(EncodedText::length).max().orElse(0);
    int[] ids = new int[rows * columns];
    int[] types = new int[rows * columns];
    int[] mask = new int[rows * columns];
    for (int row = 0; row < rows; row++) {
      EncodedText text = texts.get(row);
      int start = row * columns;
      System.arraycopy(text.ids(), 0, ids, start, text.length());
      System.arraycopy(text.types(), 0, types, start, text.length());
      Arrays.fill(mask, start, start + text.length(), 1);
    }
    return new Batch(rows, columns, ids, types, mask);
  }

  /** Its texts from number {@code first} on, so many, padded as they are. */
  Batch part(int first, int count) {
    int start = first * columns;
    int end = start + count * columns;
    return new Batch(
        count,
        columns,
        Arrays.copyOfRange(ids, start, end),
        Arrays.copyOfRange(types, start, end),
        Arrays.copyOfRange(mask, start, end));
  }
}
