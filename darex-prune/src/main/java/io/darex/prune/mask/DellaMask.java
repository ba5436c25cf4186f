package io.darex.prune.mask;

import io.darex.prune.Delta;
import io.darex.prune.Tensor;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Drops every entry with a probability that falls with the rank of |Δ| in its row (METHOD.md §5):
 * {@code p_i = p + ε·(r/(n−1) − ½)} for the r-th largest of n, r from 0 and of equals the one that
 * comes first the larger; a row of one has p_i = p. A kept entry is divided by its own {@code
 * (1−p_i)/(1−p)} beside q, which makes q = 1 − p unbiased. With ε = 0 it is {@link RandomMask}.
 *
 * <p>Della mask v1 (docs/FORMAT.md): of the entries that random mask v1 keeps at the lowest rate p
 * − ε/2 it thins out those whose rate is higher.
 *
 * @param seed any 64-bit integer
 * @param dropRate p, in [0, 1)
 * @param epsilon ε ≥ 0, how far apart the rates of the smallest and the largest are; p − ε/2 must
 *     be 0 or more and p + ε/2 below 1
 */
public record DellaMask(long seed, double dropRate, double epsilon) implements Mask {
  static final String KIND = "della";

  /** Checks rate and ε. */
  public DellaMask {
    DropRate.check(dropRate);
    if (!(epsilon >= 0 && dropRate - epsilon / 2 >= 0 && dropRate + epsilon / 2 < 1)) {
      throw new IllegalArgumentException(
          "epsilon must be 0 or more, and dropRate ± epsilon/2 in [0, 1), got "
              + epsilon
              + " for dropRate "
              + dropRate);
    }
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Map<String, Object> parameters() {
    return new TreeMap<>(
        Map.of("seed", Long.toString(seed), "dropRate", dropRate, "epsilon", epsilon));
  }

  @Override
  public Mask withSeed(long other) {
    return new DellaMask(other, dropRate, epsilon);
  }

  @Override
  public Mask withDropRate(double other) {
    return new DellaMask(seed, other, epsilon);
  }

  @Override
  public boolean hasDivisors() {
    return true;
  }

  @Override
  public Places places() {
    return Places.GAPS;
  }

  @Override
  public Choice choose(Delta delta, int threads) {
    Map<String, DellaTensor> decided = new TreeMap<>();
    delta
        .pairs()
        .forEach((name, pair) -> decided.put(name, new DellaTensor(this, name, pair, threads)));
    return new Choice() {
      @Override
      public TensorMask on(String name) {
        return decided.get(name);
      }

      @Override
      public Optional<Tensor> divisors(String name) {
        return Optional.of(decided.get(name).divisors());
      }
    };
  }

  /** p_i of the entry that {@code larger} of the n entries of its row are larger than. */
  double rate(long larger, long n) {
    return n == 1 ? dropRate : dropRate + epsilon * ((double) larger / (n - 1) - 0.5);
  }

  /** p − ε/2, what the largest of a row is dropped with. */
  double lowestRate() {
    return dropRate - epsilon / 2;
  }
}
