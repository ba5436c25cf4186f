package io.darex.prune;

/**
 * What pruning a delta will write and hold, from headers alone: known before any work, and so
 * before disk or memory is full.
 *
 * @param entries entries to prune
 * @param blocks blocks of {@value TensorMask#BLOCK} entries that they take, tensor by tensor
 * @param columns columns that they have, tensor by tensor, a vector being one row
 * @param tensors tensors in the file, pruned or whole
 * @param wholeBytes bytes of the tensors carried whole
 */
public record Preflight(long entries, long blocks, long columns, int tensors, long wholeBytes) {
  /** What a header has once: job, configuration and digests. */
  private static final int HEADER_BYTES = 2048;

  /** What header or table have for a tensor; generous. */
  private static final int TENSOR_BYTES = 128;

  /**
   * What the headers of base, tuned model and file have for a tensor: names, shapes, places, and
   * the text that is written. Measured with 50,000 of them, which need 115 MB with names of 37
   * letters.
   */
  private static final int TENSOR_MEMORY = 2_400;

  /** Measures a delta. */
  public static Preflight of(Delta delta) {
    long blocks = 0;
    long columns = 0;
    for (Delta.Pair pair : delta.pairs().values()) {
      long[] shape = pair.tuned().shape();
      long count = pair.tuned().count();
      blocks += TensorMask.blocks(count);
      columns += shape.length < 2 ? count : count / Math.max(1, shape[0]);
    }
    long wholeBytes =
        delta.carried().values().stream()
            .mapToLong(tensor -> tensor.dtype().bytes(tensor.count()))
            .sum();
    int tensors = delta.pairs().size() + delta.whole().size();
    return new Preflight(delta.entries(), blocks, columns, tensors, wholeBytes);
  }

  /**
   * About how large the sparse-delta file will be, in bytes (docs/FORMAT.md). Kept entries are
   * taken to lie anywhere; where they lie together their gaps need fewer bytes.
   *
   * @param values how kept values are stored
   */
  public long fileBytes(Mask mask, Values values) {
    double kept = entries * mask.keepRate();
    double headers = HEADER_BYTES + (double) TENSOR_BYTES * tensors;
    return (long)
        Math.ceil(headers + wholeBytes + kept * values.bits() / Byte.SIZE + placeBytes(mask));
  }

  /** The bytes of the places that the file has to say. */
  private double placeBytes(Mask mask) {
    double placed =
        switch (mask.places()) {
          case DRAWN -> 0;
          case GAPS -> entries;
          case COLUMNS -> columns;
        };
    return placed * mask.keepRate() * gapBits(1 - mask.keepRate()) / Byte.SIZE;
  }

  /**
   * About how much memory the work holds on to, in bytes: headers, two counts a block, places as
   * the file has them, and a bit an entry for masks that compare values.
   */
  public long memoryBytes(Mask mask) {
    double places = mask.places() == PlaceStorage.GAPS ? entries / (double) Byte.SIZE : 0;
    double headers = (double) TENSOR_MEMORY * tensors;
    return (long) Math.ceil(headers + 2.0 * Long.BYTES * blocks + places + placeBytes(mask));
  }

  /**
   * The bits of a gap in the best Rice code: its parameter r, a one, and as many zeros as there are
   * whole 2^r in a gap, p^(2^r) / (1 − p^(2^r)) in the mean.
   */
  private static double gapBits(double dropRate) {
    double best = Double.POSITIVE_INFINITY;
    for (int r = 0; r < Long.SIZE / 2; r++) {
      best = Math.min(best, r + 1 / (1 - Math.pow(dropRate, (double) (1L << r))));
    }
    return best;
  }
}
