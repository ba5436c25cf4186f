package io.darex.prune.delta;

import io.darex.prune.DType;
import io.darex.prune.KeptTensor;
import io.darex.prune.Parallel;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.Narrowing;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What of a sparse delta is gone when the dense checkpoint is written in half precision: a kept
 * entry is lost where base plus entry rounds to what the base alone rounds to.
 *
 * @param dtypes the types that lose it
 * @param kept kept entries other than 0 of the tensors that are written in these types
 * @param lost those that leave the base as it was
 * @param share of the norm ‖Δ‖ of these entries, scaled as they are added, that the lost ones have
 */
record RoundingLoss(String dtypes, long kept, long lost, double share) {
  /** The sums over one tensor. */
  private record Sums(DType dtype, long kept, long lost, double squares, double lostSquares) {}

  /**
   * Measures it; reads every kept entry and the base at its place. The result does not depend on
   * {@code threads}.
   *
   * @param before the base's tensors by tuned name
   * @param strength what the delta is multiplied by
   * @param written the types of the output by tuned name
   * @return empty if nothing is lost
   */
  static Optional<RoundingLoss> of(
      SparseDelta delta,
      Map<String, Tensor> before,
      double strength,
      Map<String, DType> written,
      int threads) {
    List<KeptTensor> halves =
        delta.kept().values().stream()
            .filter(kept -> written.get(kept.name()).bits() == Short.SIZE)
            .toList();
    Sums[] sums = new Sums[halves.size()];
    Parallel.forEach(
        threads,
        sums.length,
        () ->
            number -> {
              KeptTensor kept = halves.get((int) number);
              float q = SparseDelta.divisor(delta.scale().q(kept.name()), strength);
              sums[(int) number] = sums(kept, before.get(kept.name()), q, written.get(kept.name()));
            });
    long kept = Stream.of(sums).mapToLong(Sums::kept).sum();
    long lost = Stream.of(sums).mapToLong(Sums::lost).sum();
    double squares = Stream.of(sums).mapToDouble(Sums::squares).sum();
    double lostSquares = Stream.of(sums).mapToDouble(Sums::lostSquares).sum();
    if (lost == 0) {
      return Optional.empty();
    }
    String dtypes =
        Stream.of(sums)
            .map(each -> each.dtype.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.toCollection(TreeSet::new))
            .stream()
            .collect(Collectors.joining(" and "));
    return Optional.of(new RoundingLoss(dtypes, kept, lost, Math.sqrt(lostSquares / squares)));
  }

  private static Sums sums(KeptTensor kept, Tensor before, float q, DType dtype) {
    long[] counts = new long[2];
    double[] squares = new double[2];
    kept.forEachScaled(
        q,
        (start, offsets, values) -> {
          for (int i = 0; i < offsets.length; i++) {
            float value = values[i];
            if (value == 0) {
              continue;
            }
            float base = before.at(start + offsets[i]);
            counts[0]++;
            squares[0] += (double) value * value;
            if (rounded(base + value, dtype) == rounded(base, dtype)) {
              counts[1]++;
              squares[1] += (double) value * value;
            }
          }
        });
    return new Sums(dtype, counts[0], counts[1], squares[0], squares[1]);
  }

  private static short rounded(float value, DType dtype) {
    return dtype == DType.F16 ? Narrowing.f16(value) : Narrowing.bf16(value);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s rounds away %,d of %,d kept entries, which have %.2g %% of the delta's norm:"
            + " %,d are left; --dtype f32 keeps them all",
        dtypes,
        lost,
        kept,
        100 * share,
        kept - lost);
  }
}
