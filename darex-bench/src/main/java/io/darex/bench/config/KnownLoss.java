package io.darex.bench.config;

import io.darex.prune.parameter.ByteSize;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Unscaled;
import java.util.Optional;

/**
 * Says so when a recipe is known to lose much: by the numbers of docs/RESULTS.md for the built-in
 * task.
 */
public final class KnownLoss {
  /** From here on a random choice loses a third and more. */
  private static final double HIGH = 0.98;

  /** From here on entries without a rescale are too small for what was dropped. */
  private static final double UNSCALED = 0.9;

  /** A share of the fine-tuned checkpoint. */
  private static final double SMALL_RANDOM = 0.02;

  private static final double SMALL_SIGNS = 0.002;

  private static final String RANDOM = "a score of .95 becomes .66 in 1 MB, 1 : 91";

  private static final String NONE = "a score of .95 becomes .56 at drop rate .9";

  private static final String SIGNS = "a score of .95 becomes .71 in 100 KB, 1 : 909";

  private KnownLoss() {}

  /**
   * A sentence about the loss; empty where none is known.
   *
   * @param denseBytes what the fine-tuned checkpoint takes
   */
  public static Optional<String> of(Recipe recipe, long denseBytes) {
    double share =
        recipe.bytes().map(size -> (double) size.bytes(denseBytes) / denseBytes).orElse(1.0);
    double dropRate = recipe.bytes().isPresent() ? 0 : recipe.mask().dropRate();
    String mask = recipe.mask().kind();
    if (recipe.mask().keepsZeros() && (dropRate >= HIGH || share <= SMALL_RANDOM)) {
      return Optional.of(
          known("mask " + mask + " at such a size", RANDOM) + "; mask magnitude loses far less");
    }
    if (!recipe.mask().keepsZeros()
        && recipe.rescale().equals(new Unscaled())
        && dropRate >= UNSCALED) {
      return Optional.of(
          known("rescale none at such a drop rate", NONE) + "; dot-match keeps more");
    }
    if (!recipe.mask().keepsZeros() && share <= SMALL_SIGNS) {
      return Optional.of(
          known("a file of " + ByteSize.text(recipe.bytes().get().bytes(denseBytes)), SIGNS)
              + "; darex select finds the size that a task needs");
    }
    return Optional.empty();
  }

  private static String known(String what, String score) {
    return "note: " + what + " is known to lose much: on the built-in task " + score;
  }
}
