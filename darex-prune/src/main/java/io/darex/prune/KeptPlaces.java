package io.darex.prune;

import lombok.RequiredArgsConstructor;

/** Where the kept entries of one tensor are, by their number. */
@RequiredArgsConstructor
final class KeptPlaces {
  private final TensorMask places;

  /** For every block, how many are kept up to its end. */
  private final long[] ends;

  /** Takes a run of kept entries that lie in one block. */
  @FunctionalInterface
  interface Visitor {
    /**
     * Takes entries {@code [from, to)} of those kept in the block that begins at element {@code
     * start}; their offsets are in {@code offsets}.
     */
    void accept(long start, char[] offsets, int from, int to);
  }

  /** How many entries are kept. */
  long count() {
    return ends.length == 0 ? 0 : ends[ends.length - 1];
  }

  /** Visits the kept entries with numbers {@code [from, from + length)}, block by block. */
  void visit(long from, int length, Visitor visitor) {
    long at = from;
    long end = from + length;
    for (int block = Segments.holding(ends, from); at < end; block++) {
      long first = block == 0 ? 0 : ends[block - 1];
      char[] offsets = new char[(int) (ends[block] - first)];
      places.block(block, offsets);
      int to = (int) Math.min(offsets.length, end - first);
      visitor.accept((long) block * TensorMask.BLOCK, offsets, (int) (at - first), to);
      at = first + to;
    }
  }
}
