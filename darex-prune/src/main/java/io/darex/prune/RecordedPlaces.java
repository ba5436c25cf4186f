package io.darex.prune;

/**
 * What a mask kept, one bit an element: for masks that would have to read base and tuned model
 * again to tell it a second time.
 */
final class RecordedPlaces implements TensorMask {
  private final long[][] bits;

  RecordedPlaces(int blocks) {
    bits = new long[blocks][];
  }

  /** Notes the offsets kept in one block. */
  void record(int block, char[] offsets, int kept) {
    int words = kept == 0 ? 0 : (offsets[kept - 1] >>> 6) + 1;
    long[] record = new long[words];
    for (int i = 0; i < kept; i++) {
      record[offsets[i] >>> 6] |= 1L << offsets[i];
    }
    bits[block] = record;
  }

  @Override
  public int block(long block, char[] into) {
    long[] record = bits[(int) block];
    int kept = 0;
    for (int word = 0; word < record.length; word++) {
      for (long rest = record[word]; rest != 0; rest &= rest - 1) {
        into[kept++] = (char) (word << 6 | Long.numberOfTrailingZeros(rest));
      }
    }
    return kept;
  }
}
