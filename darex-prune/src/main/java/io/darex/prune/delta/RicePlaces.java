package io.darex.prune.delta;

import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import java.util.Arrays;
import lombok.RequiredArgsConstructor;

/**
 * The places of one tensor in {@link RiceCode}. Blocks are decoded each by itself, from what {@link
 * RiceScan} noted of those that keep anything.
 */
@RequiredArgsConstructor
final class RicePlaces implements TensorMask {
  private final Tensor code;

  /** The byte at which the quotients end and the remainders begin. */
  private final long quotientEnd;

  /** The bit that this tensor's remainders begin at. */
  private final long remainders;

  private final int parameter;

  /** Per block, how many elements are kept up to its end. */
  private final long[] ends;

  /** The blocks that keep anything, ascending. */
  private final int[] blocks;

  /** For each of these, the offset of the first element kept. */
  private final char[] firsts;

  /** For each of these, the bit after that element's quotient. */
  private final long[] quotients;

  /** Per block, how many elements are kept up to its end; the caller must not modify the array. */
  long[] ends() {
    return ends;
  }

  /** All that are kept, ascending. */
  long[] indices() {
    long[] indices = new long[(int) kept()];
    char[] offsets = new char[BLOCK];
    int at = 0;
    for (int block : blocks) {
      int here = block(block, offsets);
      for (int i = 0; i < here; i++) {
        indices[at++] = (long) block * BLOCK + offsets[i];
      }
    }
    return indices;
  }

  private long kept() {
    return ends.length == 0 ? 0 : ends[ends.length - 1];
  }

  @Override
  public int block(long block, char[] into) {
    int found = Arrays.binarySearch(blocks, (int) block);
    if (found < 0) {
      return 0;
    }
    long first = block == 0 ? 0 : ends[(int) block - 1];
    int kept = (int) (ends[(int) block] - first);
    BitReader high = new BitReader(code, quotients[found], quotientEnd);
    BitReader low = new BitReader(code, remainders + (first + 1) * parameter, code.count());
    int at = firsts[found];
    into[0] = (char) at;
    for (int i = 1; i < kept; i++) {
      at += (int) ((high.zeros() << parameter) | low.bits(parameter)) + 1;
      into[i] = (char) at;
    }
    return kept;
  }
}
