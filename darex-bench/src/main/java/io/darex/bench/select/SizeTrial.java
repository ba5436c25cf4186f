package io.darex.bench.select;

import io.darex.prune.Checkpoint;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.Values;
import io.darex.prune.mask.Scope;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.FixedQ;
import io.darex.prune.rescale.Found;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Measures what the largest entries lose in a file of a size, compared within the model or within
 * each tensor, with a q that is found at other sizes, then without labels, then by labels, until
 * the loss is small enough. Of labels each half of the texts finds the q that the other half is
 * scored with.
 */
final class SizeTrial {
  static final long KILOBYTE = 1000;

  /** Around the q that is found without labels; of equals the first. */
  private static final double[] FACTORS = {1, 0.71, 1.41, 0.5, 2};

  /** The size of a q in a recipe, before it is known. */
  private static final double ANY_Q = 0.1234;

  private final Trial trial;
  private final double[] tuned;
  private final double tolerance;
  private final Consumer<String> say;

  /** The one that was good last comes first. */
  private final List<Candidate> candidates = new ArrayList<>();

  private final List<Attempt> tried = new ArrayList<>();

  /** What was good at the last size; 0 before the first. */
  private double lastQ;

  /**
   * @param tuned the tuned model's numbers
   * @param tolerance the largest loss
   * @param say is told of every size, in one line
   */
  SizeTrial(Trial trial, Values values, double[] tuned, double tolerance, Consumer<String> say) {
    this.trial = trial;
    this.tuned = tuned;
    this.tolerance = tolerance;
    this.say = say;
    candidates.add(Candidate.largest(Scope.MODEL, values, "q-unlabelled"));
    candidates.add(Candidate.largest(Scope.TENSOR, values, "q-unlabelled"));
  }

  /** The recipe of a file. */
  static Recipe recipe(Candidate candidate, long kilobytes, double q) {
    Recipe recipe = candidate.recipe();
    ByteSize size = new ByteSize(BigDecimal.valueOf(kilobytes), "KB");
    return new Recipe(recipe.pruning(), recipe.budget(), new FixedQ(Scale.of(q)), recipe.values())
        .withBytes(size);
  }

  /** The bytes of a file that keeps nothing, in whole KB. */
  long least() {
    Recipe recipe = recipe(candidates.get(0), 1, ANY_Q).withDropRate(Math.nextDown(1.0));
    return trial.pruner(recipe).bytes() / KILOBYTE + 1;
  }

  /** Of every size that was tried the best, in the order they were tried. */
  List<Attempt> tried() {
    return tried;
  }

  /** Whether a file of this size loses no more than is tolerated. */
  boolean isAllowed(long kilobytes) {
    List<Sized> sizes = new ArrayList<>();
    for (Candidate candidate : List.copyOf(candidates)) {
      Sized sized = new Sized(candidate, kilobytes);
      sizes.add(sized);
      if (isAllowed(sized.unlabelled())) {
        break;
      }
    }
    Comparator<Sized> byLoss = Comparator.comparingDouble(sized -> sized.best.loss().mean());
    Sized least = Collections.min(sizes, byLoss);
    if (!isAllowed(least.best)
        && least.best.loss().mean() - least.best.loss().width() <= tolerance) {
      least.labelled();
    }
    Attempt best = least.best;
    tried.add(best);
    for (Sized other : sizes) {
      Loss behind = other.best.loss().minus(best.loss());
      if (behind.mean() > behind.width()) {
        candidates.remove(other.candidate);
      }
    }
    candidates.sort(Comparator.comparing(each -> !each.equals(best.candidate())));
    say.accept(
        String.format(
            Locale.ROOT,
            "%s: %s (q %s) %s, %s",
            ByteSize.text(kilobytes * KILOBYTE),
            best.name(),
            Words.number(best.q()),
            best.step(tolerance).words(),
            isAllowed(best) ? "allowed" : "too much"));
    return isAllowed(best);
  }

  private boolean isAllowed(Attempt attempt) {
    return attempt.loss().mean() <= tolerance;
  }

  /** A candidate at a size. */
  private final class Sized {
    private final Candidate candidate;
    private final long kilobytes;
    private final SparseDelta pruned;
    private final Map<Double, double[]> numbers = new HashMap<>();
    private Attempt best;

    Sized(Candidate candidate, long kilobytes) {
      this.candidate = candidate;
      this.kilobytes = kilobytes;
      pruned = trial.inMemory(recipe(candidate, kilobytes, ANY_Q));
    }

    /** With the q of the last size, and if that is not good enough with one of its own. */
    Attempt unlabelled() {
      if (lastQ > 0) {
        best = attempt(lastQ);
        if (isAllowed(best)) {
          return best;
        }
        lastQ = NearQ.of(lastQ, q -> trial.evidence().unlabelled().orElseThrow().score(model(q)));
      } else {
        Found found = candidate.recipe().rescale().find(trial.delta(), pruned, trial.evidence(), 1);
        lastQ = NearQ.rounded(found.scale().fallback());
      }
      best = attempt(lastQ);
      return best;
    }

    private Attempt attempt(double q) {
      return new Attempt(
          candidate, kilobytes, q, false, Loss.of(trial.measure(), tuned, numbers(q)));
    }

    /** With the q's near that each half of the texts finds, scored on the other half. */
    void labelled() {
      int size = trial.measure().size();
      double[] found = new double[2];
      double[][] other = new double[2][];
      for (int half = 0; half < 2; half++) {
        int[] own = Measure.places(half, size);
        double top = Double.NEGATIVE_INFINITY;
        for (double factor : FACTORS) {
          double q = NearQ.rounded(factor * best.q());
          double score = trial.measure().score(numbers(q), own);
          if (score > top) {
            top = score;
            found[half] = q;
          }
        }
        other[1 - half] = numbers(found[half]);
      }
      double[] crossed = new double[size];
      for (int i = 0; i < size; i++) {
        crossed[i] = other[i % 2][i];
      }
      Loss loss = Loss.of(trial.measure(), tuned, crossed);
      if (loss.mean() < best.loss().mean()) {
        double q = NearQ.rounded(Math.sqrt(found[0] * found[1]));
        best = new Attempt(candidate, kilobytes, q, true, loss);
      }
    }

    private double[] numbers(double q) {
      return numbers.computeIfAbsent(q, any -> trial.numbers(model(q)));
    }

    private Checkpoint model(double q) {
      return pruned.withScale(Scale.of(q)).applyTo(trial.delta().base());
    }
  }
}
