package io.darex.prune.mask;

import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.PlaceStorage;
import io.darex.prune.TensorMask;
import io.darex.prune.parameter.Kind;
import io.darex.prune.parameter.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Keeps the entries of largest |Δ| (docs/METHOD.md §5.1). Of the z non-zeros in each scope exactly
 * ⌈z·(1−p)⌉ stay, p as the decimal number it is written as; of equals the ones that come first, by
 * name in the order of UTF-8 bytes and then by flat index.
 *
 * @param dropRate p, in [0, 1), of the non-zeros
 * @param scope which entries are compared
 */
public record MagnitudeMask(double dropRate, Scope scope) implements Mask {
  public static final Parameter<Scope> SCOPE =
      Parameter.of("scope", "what is compared", Parameter.Choice.of(Scope.class), Scope.MODEL);

  static final Kind<Mask> KIND =
      new Kind<>(
          "mask",
          "magnitude",
          "the entries that changed most",
          List.of(DropRate.PARAMETER, SCOPE),
          given -> new MagnitudeMask(given.get(DropRate.PARAMETER), given.get(SCOPE)));

  /** Checks the rate. */
  public MagnitudeMask {
    DropRate.check(dropRate);
  }

  @Override
  public String kind() {
    return KIND.name();
  }

  @Override
  public Map<String, Object> parameters() {
    return new TreeMap<>(Map.of(DropRate.PARAMETER.key(), dropRate, SCOPE.key(), scope.toString()));
  }

  @Override
  public Mask withSeed(long seed) {
    return this;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException also if the scope is {@code model}, where one threshold says
   *     what each tensor drops
   */
  @Override
  public Mask withDropRate(double other) {
    if (scope == Scope.MODEL) {
      throw new IllegalArgumentException(
          "mask magnitude with scope model cannot have a drop rate for each tensor: its one"
              + " threshold decides what each drops; use scope tensor or row");
    }
    return new MagnitudeMask(other, scope);
  }

  @Override
  public boolean isPerTensor() {
    return scope != Scope.MODEL;
  }

  @Override
  public PlaceStorage places() {
    return PlaceStorage.GAPS;
  }

  @Override
  public Choice choose(Delta delta, int threads) {
    if (scope == Scope.MODEL) {
      return new MagnitudeRanking(delta, threads).at(dropRate);
    }
    DropRate rate = new DropRate(dropRate);
    Map<String, TensorMask> masks = new TreeMap<>();
    delta.pairs().forEach((name, pair) -> masks.put(name, on(pair, rate, threads)));
    return masks::get;
  }

  private TensorMask on(Delta.Pair pair, DropRate rate, int threads) {
    long count = pair.tuned().count();
    if (scope == Scope.TENSOR) {
      return new CutMask(pair, count, Cuts.of(Cuts.Span.of(pair), rate, threads));
    }
    Rows rows = Rows.of(pair.tuned().shape());
    if (rows.length() <= TensorMask.BLOCK) {
      return shortRows(pair, (int) rows.length(), rate);
    }
    List<Cut> cuts = new ArrayList<>();
    for (long from = 0; from < count; from += rows.length()) {
      cuts.add(Cuts.of(new Cuts.Span(pair, from, rows.length()), rate, threads));
    }
    return new CutMask(pair, rows.length(), cuts.toArray(Cut[]::new));
  }

  private static TensorMask shortRows(Delta.Pair pair, int length, DropRate rate) {
    int[] quotas = new int[length + 1];
    for (int nonZeros = 0; nonZeros <= length; nonZeros++) {
      quotas[nonZeros] = rate.kept(nonZeros);
    }
    return new GroupMask(pair, length, length, (all, nonZeros) -> quotas[nonZeros]);
  }
}
