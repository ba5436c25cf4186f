package io.darex.bench.select;

/**
 * A way to prune to a size, and what that loses.
 *
 * @param candidate the way
 * @param kilobytes the size
 * @param q to be applied
 * @param labelled whether q was found by labels
 * @param loss with q, or, where it was found by labels, of each half with the other half's q
 */
record Attempt(Candidate candidate, long kilobytes, double q, boolean labelled, Loss loss) {
  /** Mask, stored values and rescale in a few words. */
  String name() {
    return candidate.family() + (labelled ? " q-labelled" : " q-unlabelled");
  }

  /** As a result shows it. */
  Smallest.Step step(double tolerance) {
    return new Smallest.Step(
        kilobytes * SizeTrial.KILOBYTE,
        name(),
        q,
        loss.mean(),
        loss.width(),
        loss.sure(tolerance),
        loss.mean() <= tolerance);
  }
}
