package io.darex.prune.rescale;

import java.util.Map;

/**
 * How a search over one number chooses the points it tries. The choice is deterministic and depends
 * on scores alone; a point whose score is NaN is passed over.
 */
public sealed interface QSearch permits GeometricSearch, TwoStageSearch {
  /** The name in YAML, on the command line and in reports. */
  String name();

  /** What rebuilds this search, but for the name. */
  Map<String, Object> parameters();

  /** What two scores may differ by and still count as equal; of equals the smallest q wins. */
  double tolerance();

  /**
   * Tries points.
   *
   * @param from the smallest, above 0
   * @param to the largest, at most 1
   */
  void run(double from, double to, Trials trials);
}
