package io.darex.bench.select;

import io.darex.bench.task.Loss;
import java.util.ArrayList;
import java.util.List;

/**
 * One of the samples of a comparison. A trial is small and the best of many candidates is partly
 * lucky, so the simplest of those that are hardly worse is taken: no further behind the best than
 * one standard error of their difference, and than half of what counts as equal.
 *
 * @param sample the chosen one
 * @param best the one with the largest score
 * @param equal what counts as equal: one point or the deviation from mask to mask, whichever is
 *     larger
 * @param alike others that the trial cannot tell from the chosen one, at 95 %
 */
record Choice(int sample, int best, double equal, List<Integer> alike) {
  private static final double POINT = .01;

  /** Copies the list. */
  Choice {
    alike = List.copyOf(alike);
  }

  /**
   * Chooses.
   *
   * @param importance whether the tree of docs/METHOD.md §8 expects importance to be better, which
   *     rules where the samples do not
   * @param proxy whether the score is no metric, and a point of it so many per cent of the best
   */
  static Choice of(Comparison comparison, boolean importance, boolean proxy) {
    int best = comparison.best();
    double top = comparison.mean(best);
    double point = proxy ? POINT * Math.abs(top) : POINT;
    double equal = Math.max(point, comparison.maskDeviation());
    int chosen = best;
    for (int i = 0; i < comparison.samples().size(); i++) {
      double behind = top - comparison.mean(i);
      if (behind <= Math.min(comparison.error(best, i), equal / 2)
          && goesBefore(comparison, i, chosen, importance)) {
        chosen = i;
      }
    }
    List<Integer> alike = new ArrayList<>();
    for (int i = 0; i < comparison.samples().size(); i++) {
      double apart = Math.abs(comparison.mean(chosen) - comparison.mean(i));
      if (i != chosen && apart <= Loss.WIDTH * comparison.error(chosen, i)) {
        alike.add(i);
      }
    }
    return new Choice(chosen, best, equal, alike);
  }

  private static boolean goesBefore(Comparison comparison, int one, int other, boolean importance) {
    int rank = comparison.samples().get(one).candidate().rank(importance);
    int against = comparison.samples().get(other).candidate().rank(importance);
    return rank < against || (rank == against && comparison.mean(one) > comparison.mean(other));
  }
}
