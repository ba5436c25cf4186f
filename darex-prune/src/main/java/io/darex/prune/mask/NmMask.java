package io.darex.prune.mask;

import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.OneLine;
import io.darex.prune.PlaceStorage;
import io.darex.prune.TensorMask;
import io.darex.prune.parameter.Kind;
import io.darex.prune.parameter.Parameter;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * N:M sparsity (docs/METHOD.md §6): of each m consecutive entries of a row the n of largest |Δ|
 * stay, of equals the ones that come first, and zeros never. The last r entries of a row that m
 * does not divide keep ⌈r·n/m⌉.
 *
 * @param n kept of a group, from 1 to m
 * @param m entries in a group, at most 65536
 */
public record NmMask(int n, int m) implements Mask {
  private static final Parameter<String> KEEP =
      Parameter.of("keep", "n and m", new Parameter.Text("n:m in quotes, such as \"2:4\""), "2:4");

  private static final Pattern NUMBERS = Pattern.compile("(\\d{1,9}):(\\d{1,9})");

  static final Kind<Mask> KIND =
      new Kind<>(
          "mask",
          "n:m",
          "of each m consecutive entries the n that changed most",
          List.of(KEEP),
          given -> parse(given.get(KEEP)));

  /** Checks the numbers. */
  public NmMask {
    if (!(1 <= n && n <= m && m <= TensorMask.BLOCK)) {
      throw new IllegalArgumentException(
          "n:m must have 1 ≤ n ≤ m ≤ " + TensorMask.BLOCK + ", got " + n + ":" + m);
    }
  }

  private static NmMask parse(String keep) {
    Matcher numbers = NUMBERS.matcher(keep);
    if (!numbers.matches()) {
      throw new IllegalArgumentException(
          "keep: expected n:m, such as 2:4, got \"" + OneLine.of(keep) + "\"");
    }
    return new NmMask(Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2)));
  }

  @Override
  public String kind() {
    return KIND.name();
  }

  /** 1 − n/m, rounded once. */
  @Override
  public double dropRate() {
    return (double) (m - n) / m;
  }

  @Override
  public Map<String, Object> parameters() {
    return Map.of(KEEP.key(), n + ":" + m);
  }

  @Override
  public Mask withSeed(long seed) {
    return this;
  }

  @Override
  public PlaceStorage places() {
    return PlaceStorage.GAPS;
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
