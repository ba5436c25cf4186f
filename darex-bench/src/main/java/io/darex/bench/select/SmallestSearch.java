package io.darex.bench.select;

import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.console.Progress;
import io.darex.bench.task.Loss;
import io.darex.prune.Scale;
import io.darex.prune.Values;
import io.darex.prune.delta.Pruner;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.recipe.Recipe;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * Finds the smallest file whose loss a trial allows (docs/METHOD.md §8): the estimated loss on the
 * validation texts, against the tuned model on the same texts, is at most the tolerance. Signs of
 * the largest entries are tried first, up to a twentieth of the dense size, where they are nearly
 * all kept; beyond that bf16 values.
 *
 * <p>The stated loss is never less than what larger files lost on average, back to the last that
 * lost less: a size is chosen because its estimate is low, which is partly luck.
 */
final class SmallestSearch {
  /** What is tried first, and what most of signs take, as shares of the dense size. */
  private static final long FIRST = 100;

  private static final long MOST_SIGNS = 20;

  /** All of what is stored as bf16 takes half of the dense size. */
  private static final long MOST = 2;

  private final Trial trial;
  private final double tolerance;
  private final Console console;
  private final long start = System.nanoTime();

  /**
   * @param trial with a task's labels
   * @param tolerance the largest loss
   */
  SmallestSearch(Trial trial, double tolerance, Console console) {
    this.trial = trial;
    this.tolerance = tolerance;
    this.console = console;
  }

  /**
   * Finds it.
   *
   * @throws BadInputException if no size will do
   */
  Smallest run() {
    double[] tuned = trial.tuned();
    long dense = Pruner.denseBytes(trial.delta());
    SizeTrial signs = sizes(Values.SIGN, tuned);
    long least = signs.least();
    long most = Math.max(dense / MOST_SIGNS / SizeTrial.KILOBYTE, least + 1);
    long first = Math.max(least + 1, Math.min(most, dense / FIRST / SizeTrial.KILOBYTE));
    OptionalLong found = bisect(least, first, most, signs);
    List<Attempt> tried = new ArrayList<>(signs.tried());
    if (found.isEmpty()) {
      SizeTrial numbers = sizes(Values.BF16, tuned);
      long largest = Math.max(dense / MOST / SizeTrial.KILOBYTE, most + 1);
      found = bisect(most, largest, largest, numbers);
      tried.addAll(numbers.tried());
    }
    if (found.isEmpty()) {
      Attempt last = tried.get(tried.size() - 1);
      throw new BadInputException(
          String.format(
              Locale.ROOT,
              "--tolerance: expected a loss that a file of %s keeps, which %s, got %s",
              ByteSize.text(last.kilobytes() * SizeTrial.KILOBYTE),
              last.step(tolerance).words(),
              tolerance));
    }
    long chosen = found.getAsLong();
    Attempt answer =
        tried.stream().filter(each -> each.kilobytes() == chosen).reduce((a, b) -> b).orElseThrow();
    return smallest(answer, pooled(tried, answer), tried, tuned, dense);
  }

  private SizeTrial sizes(Values values, double[] tuned) {
    return new SizeTrial(trial, values, tuned, tolerance, console::say);
  }

  private OptionalLong bisect(long least, long first, long most, SizeTrial sizes) {
    try (Progress progress = console.progress("select", Bisection.tries(least, first, most))) {
      return Bisection.smallest(
          least,
          first,
          most,
          size -> {
            boolean allowed = sizes.isAllowed(size);
            progress.step(allowed ? "allowed" : "too much");
            return allowed;
          });
    }
  }

  /** The mean with the next larger sizes' for as long as these lose more than it. */
  static Loss pooled(List<Attempt> tried, Attempt answer) {
    List<Loss> larger =
        tried.stream()
            .filter(each -> each.kilobytes() > answer.kilobytes())
            .filter(each -> each.values() == answer.values())
            .sorted(Comparator.comparingLong(Attempt::kilobytes))
            .map(Attempt::loss)
            .toList();
    List<Loss> block = new ArrayList<>(List.of(answer.loss()));
    Loss pooled = answer.loss();
    // As isotonic regression pools: any run of larger sizes whose mean is above.
    for (int end = 1; end <= larger.size(); end++) {
      block.add(larger.get(end - 1));
      Loss mean = Loss.mean(block);
      pooled = mean.mean() > pooled.mean() ? mean : pooled;
    }
    return pooled;
  }

  private Smallest smallest(
      Attempt answer, Loss loss, List<Attempt> tried, double[] tuned, long dense) {
    Recipe recipe = SizeTrial.recipe(answer.values(), answer.kilobytes());
    return new Smallest(
        tolerance,
        trial.measure().metric(),
        trial.measure().size(),
        trial.measure().score(tuned),
        trial.pruner(recipe).bytes(),
        dense,
        loss.mean(),
        loss.width(),
        loss.sure(tolerance),
        RecipeText.of(recipe, Scale.of(answer.q()), "encoder", ""),
        tried.stream().map(each -> each.step(tolerance)).toList(),
        (System.nanoTime() - start) * 1e-9);
  }
}
