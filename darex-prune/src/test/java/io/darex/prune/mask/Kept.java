package io.darex.prune.mask;

import io.darex.prune.TensorMask;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** The kept indices of a tensor, as tests want them. */
public final class Kept {
  private Kept() {}

  /** All of them, in order. */
  public static long[] indices(TensorMask mask, long count) {
    return LongStream.range(0, TensorMask.blocks(count))
        .flatMap(block -> block(mask, block))
        .toArray();
  }

  public static LongStream block(TensorMask mask, long block) {
    char[] into = new char[TensorMask.BLOCK];
    int kept = mask.block(block, into);
    return IntStream.range(0, kept).mapToLong(i -> block * TensorMask.BLOCK + into[i]);
  }
}
