package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.KeptTensor;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Parallel;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.parameter.Kind;
import io.darex.prune.parameter.Parameter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;

/**
 * Gives every tensor's kept entries the norm of its full delta: q = ‖A⊙Δ‖ / ‖Δ‖, tensor by tensor,
 * where DARE keeps the mean. mergekit's {@code dare_*} does it by the L1 norm (docs/METHOD.md
 * §3.5). Every entry is read.
 *
 * <p>A tensor whose kept entries are all zero has no such q and needs none: it falls back to its
 * keep rate.
 *
 * @param norm which norm
 */
public record NormMatch(Norm norm) implements Rescale {
  private static final Parameter<Norm> NORM =
      Parameter.of("norm", "which norm", Parameter.Choice.of(Norm.class), Norm.L1);

  static final Kind<Rescale> KIND =
      new Kind<>(
          "rescale",
          "norm-match",
          "each tensor keeps its norm",
          List.of(NORM),
          given -> new NormMatch(given.get(NORM)));

  /** Entries a task: sums are taken chunk by chunk in order, whatever the threads. */
  private static final int CHUNK = 1 << 16;

  /** A norm of a tensor's entries, taken as one long vector. */
  public enum Norm {
    /** The sum of absolute values. */
    L1 {
      @Override
      double term(double value) {
        return Math.abs(value);
      }

      @Override
      double ofSum(double sum) {
        return sum;
      }
    },
    /** The root of the sum of squares. */
    L2 {
      @Override
      double term(double value) {
        return value * value;
      }

      @Override
      double ofSum(double sum) {
        return Math.sqrt(sum);
      }
    };

    abstract double term(double value);

    abstract double ofSum(double sum);
  }

  @Override
  public String name() {
    return KIND.name();
  }

  @Override
  public Map<String, Object> parameters() {
    return Map.of(NORM.key(), norm.name().toLowerCase(Locale.ROOT));
  }

  @Override
  public boolean isPerTensor() {
    return true;
  }

  /**
   * {@inheritDoc}
   *
   * @throws NonFiniteException if any entry of the delta is NaN or infinite, kept or not
   */
  @Override
  public Found find(Delta delta, SparseDelta pruned, Evidence evidence, int threads) {
    Scale keepRates = Scale.inverseKeepRate(pruned.mask(), pruned.kept().keySet());
    Map<String, Double> perTensor = new TreeMap<>(keepRates.perTensor());
    delta
        .pairs()
        .forEach(
            (name, pair) -> {
              KeptTensor kept = pruned.kept().get(name);
              double left = norm.ofSum(sum(kept, threads));
              double full = norm.ofSum(sum(pair, threads));
              if (left > 0) {
                perTensor.put(name, Math.min(1, left / full));
              }
            });
    return new Found(new Scale(keepRates.fallback(), perTensor), List.of());
  }

  private double sum(Delta.Pair pair, int threads) {
    return sum(
        pair.tuned().count(),
        threads,
        () -> {
          float[] entries = new float[CHUNK];
          float[] scratch = new float[CHUNK];
          return (from, length) -> {
            pair.read(from, entries, scratch, length);
            return entries;
          };
        });
  }

  private double sum(KeptTensor kept, int threads) {
    return sum(
        kept.kept(),
        threads,
        () -> {
          float[] entries = new float[CHUNK];
          return (from, length) -> {
            kept.values().read(from, entries, 0, length);
            return entries;
          };
        });
  }

  private double sum(long count, int threads, Supplier<Entries> reader) {
    double[] sums = new double[Math.toIntExact((count + CHUNK - 1) / CHUNK)];
    Parallel.forEach(
        threads,
        sums.length,
        () -> {
          Entries entries = reader.get();
          return chunk -> {
            long from = chunk * CHUNK;
            int length = (int) Math.min(CHUNK, count - from);
            float[] values = entries.read(from, length);
            double sum = 0;
            for (int i = 0; i < length; i++) {
              sum += norm.term(values[i]);
            }
            sums[(int) chunk] = sum;
          };
        });
    return DoubleStream.of(sums).sum();
  }

  /** Reads entries into an array that the next call overwrites. */
  private interface Entries {
    float[] read(long from, int length);
  }
}
