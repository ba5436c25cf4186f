package io.darex.prune.rescale;

/**
 * How form 1 (METHOD.md §2) reads the sum S of an output's influences. An output whose influences
 * add up to −S has, mirrored, the change of one where they add up to S, so its |change| is bounded
 * by the same number.
 */
public enum Influence {
  /** By its size: what is bounded is the |change|. */
  ABSOLUTE {
    @Override
    double sum(double sum) {
      return Math.abs(sum);
    }
  },
  /**
   * With its sign, as the paper's code has it. An output whose sum is negative then takes q = 1 as
   * soon as η is not 0, which about half of the outputs do: layers go from 1 − p to about ½ at
   * once. In the paper's code half precision hides it.
   */
  SIGNED {
    @Override
    double sum(double sum) {
      return sum;
    }
  };

  abstract double sum(double sum);
}
