package io.darex.prune.mask;

import io.darex.prune.Delta;
import io.darex.prune.Parameters;
import java.util.Map;
import java.util.TreeMap;

/**
 * N:M sparsity (docs/METHOD.md §6): of each m consecutive entries of a row the n of largest |Δ|
 * stay, of equals the ones that come first, and zeros never. The last r entries of a row that m
 * does not divide keep ⌈r·n/m⌉.
 *
 * @param n kept of a group, from 1 to m
 * @param m entries in a group, at most 65536
 */
public record NmMask(int n, int m) implements Mask {
  static final String KIND = "n:m";

  /** Checks the numbers. */
  public NmMask {
    if (!(1 <= n && n <= m && m <= TensorMask.BLOCK)) {
      throw new IllegalArgumentException(
          "n:m must have 1 ≤ n ≤ m ≤ " + TensorMask.BLOCK + ", got " + n + ":" + m);
    }
  }

  /** The mask of these parameters, where a drop rate given too must be the one that they make. */
  static NmMask of(Parameters given) {
    NmMask mask = new NmMask(given.integer("n", 2), given.integer("m", 4));
    double dropRate = given.number("dropRate", mask.dropRate());
    if (dropRate != mask.dropRate()) {
      throw new IllegalArgumentException(
          "mask n:m with n = "
              + mask.n
              + " and m = "
              + mask.m
              + " has dropRate "
              + mask.dropRate()
              + ", got "
              + dropRate
              + "; leave dropRate out or change n and m");
    }
    return mask;
  }

  @Override
  public String kind() {
    return KIND;
  }

  /** 1 − n/m, rounded once. */
  @Override
  public double dropRate() {
    return (double) (m - n) / m;
  }

  @Override
  public Map<String, Object> parameters() {
    return new TreeMap<>(Map.of("n", n, "m", m));
  }

  @Override
  public Mask withSeed(long seed) {
    return this;
  }

  @Override
  public Places places() {
    return Places.GAPS;
  }

  @Override
  public Choice choose(Delta delta, int threads) {
    return name -> on(delta.pairs().get(name));
  }

  private TensorMask on(Delta.Pair pair) {
    Rows rows = Rows.of(pair.tuned().shape());
    return new GroupMask(
        pair, rows.length(), m, (length, nonZeros) -> Math.min(nonZeros, kept(length)));
  }

  private int kept(int length) {
    return length == m ? n : (int) (((long) length * n + m - 1) / m);
  }
}
