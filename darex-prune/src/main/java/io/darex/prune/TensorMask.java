package io.darex.prune;

import java.util.List;
import java.util.function.ToLongFunction;

/**
 * The mask of one tensor, block by block. Blocks are independent: any may be asked for, in any
 * order and from any thread, and none needs more memory than itself.
 */
@FunctionalInterface
public interface TensorMask {
  /** Elements a block; block b holds the flat row-major indices {@code [b·BLOCK, (b+1)·BLOCK)}. */
  int BLOCK = 1 << 16;

  /** How many blocks {@code count} elements take. */
  static long blocks(long count) {
    return count / BLOCK + (count % BLOCK == 0 ? 0 : 1);
  }

  /** As {@link #blocks(long)}, of several tensors by their counts. */
  static <T> int[] blocks(List<T> tensors, ToLongFunction<T> count) {
    return tensors.stream()
        .mapToInt(tensor -> Math.toIntExact(blocks(count.applyAsLong(tensor))))
        .toArray();
  }

  /**
   * Writes the offsets in block {@code block} of the elements kept there, ascending, to {@code
   * into[0…]} and returns how many there are.
   *
   * @param into room for at least as many offsets as are kept there, {@link #BLOCK} at most; a char
   *     is exactly wide enough for one
   */
  int block(long block, char[] into);
}
