package io.darex.bench.report;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * S1: of the files tried the smallest whose mean loss on dev is at most {@linkplain #POINT one
 * point}.
 *
 * <p>It is read off dev, of means that have a spread over mask seeds or fine-tunes. Between it and
 * the next smaller file tried there may be others that lose as little, so it is an upper bound.
 *
 * @param file the files of that recipe
 * @param nextSmaller the next smaller one of the same method, which loses more; empty where none
 *     was tried
 */
record SmallestFile(FileLoss file, Optional<FileLoss> nextSmaller) {
  /** Of a metric whose best value is 1. */
  static final double POINT = 0.01;

  /** So that .80 − .79 is a point in floating point too. */
  private static final double ROUNDING = 1e-9;

  private static final Comparator<FileLoss> LEAST_LOSS =
      Comparator.comparingDouble(each -> each.loss().mean());

  /** The smallest one; of equals the one that loses least. Empty where every one loses more. */
  static Optional<SmallestFile> among(List<FileLoss> tried) {
    return tried.stream()
        .filter(each -> each.loss().mean() <= POINT + ROUNDING)
        .min(Comparator.comparingDouble(FileLoss::bytes).thenComparing(LEAST_LOSS))
        .map(file -> new SmallestFile(file, nextSmaller(file, tried)));
  }

  private static Optional<FileLoss> nextSmaller(FileLoss file, List<FileLoss> tried) {
    return tried.stream()
        .filter(each -> each.method().equals(file.method()) && each.bytes() < file.bytes())
        .max(Comparator.comparingDouble(FileLoss::bytes).thenComparing(LEAST_LOSS.reversed()));
  }

  /** The one that loses least, of equals the smallest; empty where none has a score. */
  static Optional<FileLoss> best(List<FileLoss> tried) {
    return tried.stream().filter(FileLoss::isScored).min(LEAST_LOSS.thenComparing(FileLoss::bytes));
  }
}
