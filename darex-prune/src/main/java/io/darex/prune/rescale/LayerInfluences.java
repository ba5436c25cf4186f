package io.darex.prune.rescale;

import java.util.Optional;

/**
 * The influences c_ij = ΔW_ij·x_j of one linear layer's delta on its outputs (docs/METHOD.md §1.1),
 * over the inputs x of a calibration set and all outputs i. The bias delta is one more column with
 * input 1. Neither mask nor drop rate plays a part; sums are means over the input vectors.
 *
 * @param weight tuned name of the layer's weight
 * @param bias tuned name of its bias, if that is pruned
 * @param inputs number of input vectors
 * @param count influences a vector: number of entries of weight and bias
 * @param sum Σ_ij E[c_ij]
 * @param weightSquares Σ_ij E[c_ij²] over the weight's entries
 * @param biasSquares Σ_i c_i² over the bias's
 * @param outputSquares E‖ΔW·x‖²: Σ_i E[(Σ_j c_ij)²]
 */
public record LayerInfluences(
    String weight,
    Optional<String> bias,
    long inputs,
    long count,
    double sum,
    double weightSquares,
    double biasSquares,
    double outputSquares) {

  /** Σ_ij E[c_ij²]. */
  public double squares() {
    return weightSquares + biasSquares;
  }

  /** c̄, the mean influence. */
  public double mean() {
    return sum / count;
  }

  /** σ, the standard deviation of the influences. */
  public double deviation() {
    return Math.sqrt(Math.max(0, squares() / count - mean() * mean()));
  }

  /**
   * The alignment r = E‖ΔW·x‖² / Σ_ij E[c_ij²] (docs/METHOD.md §2.3): 1 where the influences on an
   * output are as good as independent, larger where they add up; NaN where the delta has none.
   */
  public double alignment() {
    return outputSquares / squares();
  }

  /** Expected squared error of the layer's output change relative to it at q = 1−p: p/((1−p)·r). */
  public double errorAtKeepRate(double dropRate) {
    return dropRate / ((1 - dropRate) * alignment());
  }
}
