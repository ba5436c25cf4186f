package io.darex.prune.rescale;

/**
 * The q that minimises the paper's bound on one output's change (docs/METHOD.md §3.3; its code
 * searches a grid). With S = Σ c_j, Q = Σ c_j² over the influences c_j of the output's delta
 * entries, k = 1 − p and s = 1/q it is the s in [1, 1/k] where
 *
 * <pre>|η·(1 − k·s)·S + η²·Φ(p)·Q·s²/4 + log 40|</pre>
 *
 * is least, and the smallest such q.
 */
final class BoundQ {
  /** log(2/(1 − 0.95)): the bound holds with probability 0.95. */
  private static final double CONFIDENCE = Math.log(40);

  /** Below this |1 − 2p| a series is more exact than a logarithm of a number near 1. */
  private static final double NEAR_HALF = 1e-3;

  private BoundQ() {}

  /** Φ(p) = (1 − 2p)/log((1 − p)/p), and its limits 0 at p = 0 and ½ at p = ½. */
  static double phi(double dropRate) {
    double y = 1 - 2 * dropRate;
    if (Math.abs(y) < NEAR_HALF) {
      // log((1 − p)/p) = 2·artanh(y) = 2·(y + y³/3 + y⁵/5 + …)
      return 1 / (2 * (1 + y * y / 3 + y * y * y * y / 5));
    }
    return y / Math.log((1 - dropRate) / dropRate);
  }

  /**
   * The best q, in [keepRate, 1].
   *
   * @param sum S
   * @param squares Q, at least 0
   * @param eta η, at least 0; at 0 no q is better than another
   * @param keepRate 1 − p, in (0, 1]
   */
  static double of(double sum, double squares, double eta, double keepRate) {
    if (squares == 0 || eta == 0 || keepRate == 1) {
      return keepRate;
    }
    if (sum == 0) {
      return 1;
    }
    double phi = phi(1 - keepRate);
    if (sum > 0) {
      return clip(eta * phi * squares / (2 * keepRate * sum), keepRate);
    }
    // The polynomial grows with s: it is least at s = 1, but in size where it is zero.
    double a = eta * eta * phi * squares / 4;
    double b = -eta * keepRate * sum;
    double c = eta * sum + CONFIDENCE;
    return a + b + c < 0 ? clip((b + Math.sqrt(b * b - 4 * a * c)) / (-2 * c), keepRate) : 1;
  }

  private static double clip(double q, double keepRate) {
    return Math.max(keepRate, Math.min(1, q));
  }
}
