package io.darex.prune.mask;

import io.darex.prune.Delta;
import io.darex.prune.TensorMask;

/** Keeps what its cuts let stay; there is one for each run of {@code length} elements. */
final class CutMask implements TensorMask {
  private final Delta.Pair pair;
  private final long length;
  private final Cut[] cuts;

  CutMask(Delta.Pair pair, long length, Cut... cuts) {
    this.pair = pair;
    this.length = length;
    this.cuts = cuts;
  }

  @Override
  public int block(long block, char[] into) {
    Magnitudes magnitudes = new Magnitudes();
    long start = block * BLOCK;
    long end = Math.min(pair.tuned().count(), start + BLOCK);
    int kept = 0;
    int read;
    for (long from = start; from < end; from += read) {
      int run = (int) (from / length);
      read = (int) Math.min(Magnitudes.CHUNK, Math.min(end, (run + 1) * length) - from);
      int[] bits = magnitudes.read(pair, from, read);
      int threshold = cuts[run].threshold();
      long ties = cuts[run].lastTie() - from;
      int shift = (int) (from - start);
      for (int i = 0; i < read; i++) {
        if (bits[i] > threshold || (bits[i] == threshold && i <= ties)) {
          into[kept++] = (char) (shift + i);
        }
      }
    }
    return kept;
  }
}
