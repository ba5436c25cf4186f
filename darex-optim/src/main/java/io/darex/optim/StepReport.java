package io.darex.optim;

/**
 * What one AdamR step did (docs/METHOD.md §4.1).
 *
 * @param iteration number of the step, from 0
 * @param learningRate η of this step
 * @param lambda λ of this step
 * @param s root of the mean v̂ over all anchored elements; 1 if that is 0, if nothing is anchored
 *     or without normalisation
 * @param pull min(1, λη/s), what the penalty was applied with
 * @param gradientNorm L2 norm of all gradients together, before clipping
 * @param gradientScale what the gradients were multiplied by to clip that norm; 1 if it was not
 */
public record StepReport(
    int iteration,
    double learningRate,
    double lambda,
    double s,
    double pull,
    double gradientNorm,
    double gradientScale) {
  /** Whether λη/s was above 1 and so would have thrown the weights past their anchor. */
  public boolean clamped() {
    return lambda * learningRate / s > 1;
  }
}
