package io.darex.bench.encoder;

/**
 * What the products of a delta beside the weights have cost.
 *
 * @param dense multiply-adds that the same products with the whole delta would have taken
 * @param kept multiply-adds that were done, those of the kept columns
 */
public record MultiplyAdds(long dense, long kept) {
  /** The share that was skipped, in [0, 1]; 0 where there was nothing to do. */
  public double skipped() {
    return dense == 0 ? 0 : 1 - (double) kept / dense;
  }

  MultiplyAdds plus(MultiplyAdds other) {
    return new MultiplyAdds(dense + other.dense, kept + other.kept);
  }
}
