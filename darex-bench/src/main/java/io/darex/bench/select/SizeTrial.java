package io.darex.bench.select;

import io.darex.bench.task.Loss;
import io.darex.prune.Checkpoint;
import io.darex.prune.SparseDelta;
import io.darex.prune.Values;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.recipe.Recipe;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import lombok.RequiredArgsConstructor;

/** Measures what the largest entries lose in files of some sizes. */
@RequiredArgsConstructor
final class SizeTrial {
  static final long KILOBYTE = 1000;

  private final Trial trial;

  /** How the kept values are stored. */
  private final Values values;

  /** The tuned model's numbers. */
  private final double[] tuned;

  /** The largest loss. */
  private final double tolerance;

  /** Is told of every size, in one line. */
  private final Consumer<String> say;

  private final List<Attempt> tried = new ArrayList<>();

  /** The recipe of a file: but for the size that of {@code darex prune} without options. */
  static Recipe recipe(Values values, long kilobytes) {
    return Recipe.of(Map.of("values", values.name().toLowerCase(Locale.ROOT)))
        .withBytes(new ByteSize(BigDecimal.valueOf(kilobytes), "KB"));
  }

  /** The bytes of a file that keeps nothing, in whole KB. */
  long least() {
    Recipe nothing = recipe(values, 1).withDropRate(Math.nextDown(1.0));
    return trial.pruner(nothing).bytes() / KILOBYTE + 1;
  }

  /** Every size that was tried, in that order. */
  List<Attempt> tried() {
    return tried;
  }

  /** Whether a file of this size loses no more than is tolerated. */
  boolean isAllowed(long kilobytes) {
    SparseDelta pruned = trial.pruned(recipe(values, kilobytes));
    Checkpoint model = pruned.applyTo(trial.delta().base());
    Loss loss = Loss.of(trial.measure()::score, tuned, trial.numbers(model));
    Attempt attempt = new Attempt(values, kilobytes, pruned.scale().fallback(), loss);
    tried.add(attempt);
    boolean allowed = loss.mean() <= tolerance;
    say.accept(
        String.format(
            Locale.ROOT,
            "%s: %s (q %s) %s, %s",
            ByteSize.text(kilobytes * KILOBYTE),
            attempt.name(),
            Words.number(attempt.q()),
            attempt.step(tolerance).words(),
            allowed ? "allowed" : "too much"));
    return allowed;
  }
}
