package io.darex.prune.mask;

import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.MismatchException;
import io.darex.prune.Parallel;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.DoubleStream;

/**
 * Ways to give each tensor a drop rate p_k of its own under one overall rate p: Σ p_k·n_k = p·Σ n_k
 * for tensors of n_k entries (docs/METHOD.md §5.4). Each gives tensors a weight w_k, and the keep
 * rates are 1 − p_k = min(1, max((1−p)/10, c·w_k)) with the one c that meets the budget. The floor,
 * a tenth of what the tensor would keep without a budget, is ours: no tensor loses everything,
 * however little it seems to matter.
 *
 * <p>Keep rates are rounded to six digits, for the rates stand in the file as text; the budget is
 * met to that.
 */
public enum Budget {
  /** The same rate everywhere. */
  UNIFORM {
    @Override
    Map<String, Double> weights(Delta delta, Map<String, Double> importance, int threads) {
      Map<String, Double> weights = new TreeMap<>();
      delta.pairs().keySet().forEach(name -> weights.put(name, 1.0));
      return weights;
    }
  },

  /**
   * Keep rates proportional to the root mean square of the tensor's delta. Random dropping at keep
   * rate k adds to a tensor of n entries with mean square v an error of expected square n·v·p/(1−p)
   * = n·v·(1/k − 1). Of all k_l in [0, 1] with Σ n_l·k_l = K the sum Σ n_l·v_l/k_l is least where
   * its derivative by each n_l·k_l, −v_l/k_l², is the same for all below 1: k_l = min(1, c·√v_l),
   * Neyman's allocation of a sample to strata. Between floor and 1 the same argument holds.
   */
  VARIANCE {
    @Override
    Map<String, Double> weights(Delta delta, Map<String, Double> importance, int threads) {
      Map<String, Double> weights = new TreeMap<>();
      delta.pairs().forEach((name, pair) -> weights.put(name, rootMeanSquare(pair, threads)));
      return weights;
    }
  },

  /**
   * As many entries kept of a tensor as it is important, (1 − p_k)·n_k ∝ |⟨Δ_k, ∇L⟩|: APL. The
   * importance is the caller's to find.
   */
  APL {
    @Override
    Map<String, Double> weights(Delta delta, Map<String, Double> importance, int threads) {
      List<String> problems = new ArrayList<>();
      Map<String, Double> weights = new TreeMap<>();
      delta
          .pairs()
          .forEach(
              (name, pair) -> {
                double each = importance.getOrDefault(name, Double.NaN);
                if (!(each >= 0 && each < Double.POSITIVE_INFINITY)) {
                  problems.add(
                      "tensor "
                          + name
                          + ": expected an importance of at least 0, got "
                          + (importance.containsKey(name) ? each : "none"));
                }
                weights.put(name, each / Math.max(1, pair.tuned().count()));
              });
      if (!problems.isEmpty()) {
        throw new MismatchException(problems);
      }
      return weights;
    }

    @Override
    public boolean needsImportance() {
      return true;
    }
  };

  /** The least share of 1 − p that a tensor keeps. */
  private static final double FLOOR = 0.1;

  /**
   * What a weight of 0 counts as, of the largest: such tensors come last, and are alike if the
   * budget is more than all others can keep.
   */
  private static final double LEAST = 1e-12;

  private static final MathContext DIGITS = new MathContext(6);
  private static final int CHUNK = 1 << 16;

  /** By tuned name, what the keep rate is proportional to. */
  abstract Map<String, Double> weights(Delta delta, Map<String, Double> importance, int threads);

  /** Whether {@link #rates} needs to be told how important each tensor is. */
  public boolean needsImportance() {
    return false;
  }

  /**
   * The same mask under this budget; {@link #UNIFORM} leaves it as it is. The result does not
   * depend on {@code threads}.
   *
   * @param importance as for {@link #rates}
   * @throws IllegalArgumentException as {@link #rates} and {@link PerTensorMask} do
   */
  public Mask allocate(Mask mask, Delta delta, Map<String, Double> importance, int threads) {
    requireFits(mask);
    return this == UNIFORM
        ? mask
        : new PerTensorMask(mask, rates(delta, mask.dropRate(), importance, threads));
  }

  /**
   * Checks before any work that tensors can have rates of their own with {@code mask}.
   *
   * @throws IllegalArgumentException if they cannot, unless they need none
   */
  public void requireFits(Mask mask) {
    if (this != UNIFORM) {
      mask.withDropRate(mask.dropRate());
    }
  }

  /**
   * By tuned name, the drop rate of each pruned tensor, in [0, 1).
   *
   * @param dropRate p, in [0, 1)
   * @param importance by tuned name, |⟨Δ_k, ∇L⟩|; of no use unless {@link #needsImportance}
   * @throws MismatchException listing the tensors whose importance is missing, negative or not
   *     finite
   * @throws io.darex.prune.NonFiniteException if a value that is read is NaN or infinite
   */
  public SortedMap<String, Double> rates(
      Delta delta, double dropRate, Map<String, Double> importance, int threads) {
    DropRate.check(dropRate);
    Map<String, Double> weights = weights(delta, importance, threads);
    List<String> names = List.copyOf(delta.pairs().keySet());
    double[] counts =
        names.stream().mapToDouble(name -> delta.pairs().get(name).tuned().count()).toArray();
    double[] keep =
        keepRates(counts, names.stream().mapToDouble(weights::get).toArray(), 1 - dropRate);
    SortedMap<String, Double> rates = new TreeMap<>();
    for (int i = 0; i < keep.length; i++) {
      BigDecimal rounded = new BigDecimal(keep[i]).round(DIGITS);
      double rate = BigDecimal.ONE.subtract(rounded).doubleValue();
      rates.put(names.get(i), this == UNIFORM ? dropRate : rate);
    }
    return rates;
  }

  /** The keep rates that are proportional to the weights between floor and 1, by water filling. */
  private static double[] keepRates(double[] counts, double[] weights, double keepRate) {
    double largest = DoubleStream.of(weights).max().orElse(0);
    double[] relative = new double[weights.length];
    for (int i = 0; i < weights.length; i++) {
      relative[i] = largest == 0 ? 1 : Math.max(weights[i] / largest, LEAST);
    }
    double floor = FLOOR * keepRate;
    double wanted = keepRate * DoubleStream.of(counts).sum();
    // The sum rises with c and is linear between the c's where some tensor leaves the floor or
    // reaches 1: find the last of these where it is not too large, and solve what lies above.
    double[] bends =
        DoubleStream.concat(
                DoubleStream.of(relative).map(w -> floor / w),
                DoubleStream.of(relative).map(w -> 1 / w))
            .sorted()
            .toArray();
    int low = 0;
    int high = bends.length - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (sum(counts, relative, floor, bends[middle]) <= wanted) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    double fixed = 0;
    double slope = 0;
    for (int i = 0; i < counts.length; i++) {
      if (1 / relative[i] <= bends[low]) {
        fixed += counts[i];
      } else if (floor / relative[i] <= bends[low]) {
        slope += counts[i] * relative[i];
      } else {
        fixed += counts[i] * floor;
      }
    }
    double c = slope == 0 ? bends[low] : (wanted - fixed) / slope;
    return DoubleStream.of(relative).map(w -> clip(c * w, floor)).toArray();
  }

  private static double sum(double[] counts, double[] weights, double floor, double c) {
    double sum = 0;
    for (int i = 0; i < counts.length; i++) {
      sum += counts[i] * clip(c * weights[i], floor);
    }
    return sum;
  }

  private static double clip(double keepRate, double floor) {
    return Math.min(1, Math.max(floor, keepRate));
  }

  /** Of the delta's entries, in double; sums are taken chunk by chunk in order. */
  private static double rootMeanSquare(Delta.Pair pair, int threads) {
    long count = pair.tuned().count();
    double[] sums = new double[Math.toIntExact((count + CHUNK - 1) / CHUNK)];
    Parallel.forEach(
        threads,
        sums.length,
        () -> {
          float[] entries = new float[CHUNK];
          float[] scratch = new float[CHUNK];
          return chunk -> {
            long from = chunk * CHUNK;
            int length = (int) Math.min(CHUNK, count - from);
            pair.read(from, entries, scratch, length);
            double sum = 0;
            for (int i = 0; i < length; i++) {
              sum += (double) entries[i] * entries[i];
            }
            sums[(int) chunk] = sum;
          };
        });
    return Math.sqrt(DoubleStream.of(sums).sum() / Math.max(1, count));
  }

  /** The word in YAML, on the command line and in files. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
