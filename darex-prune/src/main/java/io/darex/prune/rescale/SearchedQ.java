package io.darex.prune.rescale;

import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.Objective;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.parameter.Kind;
import io.darex.prune.parameter.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.DoubleFunction;

/**
 * DAREx-q (docs/METHOD.md §3.1): tries q's and takes the one whose pruned models score best, by
 * labels (1/q_v) or by how little the model's answers to unlabelled texts change (1/q_e).
 *
 * <p>What is tried is one number in [1 − p, 1]. By scope {@code global} it is the q of all tensors,
 * of one with a keep rate of its own in proportion. By scope {@code layer} it is the mean q over
 * the pruned entries, and stands for the η at which docs/METHOD.md §3.3 gives the layers that mean:
 * from η = 0, where every q is 1 − p, to where all are 1. η itself has no natural range; it depends
 * on the size of deltas and inputs. DARE's q = 1 − p is tried first, and among equal scores the
 * smallest q wins. A point costs as many evaluations of the objective as there are masks.
 *
 * @param target what is made best
 * @param scope what shares a q
 * @param seeds seeds of the masks a point's score is averaged over; if empty, the one mask that is
 *     going to be applied, for which q is then the best
 */
public record SearchedQ(Target target, Scope scope, List<Long> seeds) implements Rescale {
  /** What a search makes best. */
  public enum Target {
    /** The task metric on held-out labelled data. */
    LABELLED("q-labelled") {
      @Override
      Objective of(Evidence evidence) {
        return evidence
            .labelled()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        name
                            + ": expected labelled data to score on, got none; give some, or use"
                            + " q-unlabelled, which needs texts alone"));
      }

      @Override
      double mean(double[] scores) {
        return Arrays.stream(scores).sum() / scores.length;
      }
    },
    /** Minus the mean squared change of the model's answers to unlabelled texts. */
    UNLABELLED("q-unlabelled") {
      @Override
      Objective of(Evidence evidence) {
        return evidence
            .unlabelled()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        name
                            + ": expected a calibration text on which to compare the pruned model"
                            + " with the tuned one, got none"));
      }

      @Override
      double mean(double[] scores) {
        double mean = LABELLED.mean(scores);
        if (scores.length < 3) {
          return mean;
        }
        int farthest = 0;
        for (int i = 1; i < scores.length; i++) {
          if (Math.abs(scores[i] - mean) > Math.abs(scores[farthest] - mean)) {
            farthest = i;
          }
        }
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
          sum += i == farthest ? 0 : scores[i];
        }
        return sum / (scores.length - 1);
      }
    };

    final String name;

    Target(String name) {
      this.name = name;
    }

    /** What scores a checkpoint. */
    abstract Objective of(Evidence evidence);

    /**
     * The mean of the scores of several masks; without labels and from three on without the one
     * farthest from it (docs/METHOD.md §3.1).
     */
    abstract double mean(double[] scores);

    /** The search that suits it. */
    GeometricSearch search() {
      return this == LABELLED ? GeometricSearch.DEFAULT : GeometricSearch.SMOOTH;
    }
  }

  private static final Parameter<Scope> SCOPE =
      Parameter.of(
          "qScope", "what shares a found q", Parameter.Choice.of(Scope.class), Scope.GLOBAL);

  private static final Parameter<List<Long>> SEEDS =
      Parameter.of(
          "searchSeeds",
          "seeds of the masks that q is searched with; none: the mask that is applied",
          new Parameter.Seeds(),
          List.of());

  static final Kind<Rescale> LABELLED =
      kind(Target.LABELLED, "the q of the best metric on labelled texts: DAREx-q (1/q_v)");
  static final Kind<Rescale> UNLABELLED =
      kind(
          Target.UNLABELLED,
          "the q that changes the answers to unlabelled texts least: DAREx-q (1/q_e)");

  private static Kind<Rescale> kind(Target target, String help) {
    return new Kind<>(
        "rescale",
        target.name,
        help,
        List.of(SCOPE, SEEDS),
        given -> new SearchedQ(target, given.get(SCOPE), given.get(SEEDS)));
  }

  /** Copies the list. */
  public SearchedQ {
    seeds = List.copyOf(seeds);
  }

  /** A global search that scores the mask to be applied. */
  public SearchedQ(Target target) {
    this(target, Scope.GLOBAL, List.of());
  }

  @Override
  public String name() {
    return target.name;
  }

  @Override
  public Map<String, Object> parameters() {
    Map<String, Object> parameters = new TreeMap<>();
    parameters.put(SCOPE.key(), scope.name().toLowerCase(Locale.ROOT));
    parameters.put(SEEDS.key(), seeds.stream().map(seed -> Long.toString(seed)).toList());
    return parameters;
  }

  @Override
  public Set<Need> needs() {
    Set<Need> needs = EnumSet.of(target == Target.LABELLED ? Need.LABELS : Need.TEXTS);
    if (scope == Scope.LAYER) {
      needs.add(Need.TEXTS);
    }
    return needs;
  }

  @Override
  public boolean hasOwnQs() {
    return scope == Scope.LAYER;
  }

  @Override
  public boolean isShared() {
    return !seeds.isEmpty();
  }

  /**
   * {@inheritDoc}
   *
   * @throws io.darex.prune.MismatchException if recorded layers do not fit the delta
   * @throws IllegalStateException if the objective is NaN at every point
   */
  @Override
  public Found find(Delta delta, SparseDelta pruned, Evidence evidence, int threads) {
    Objective objective = target.of(evidence);
    double keepRate = pruned.mask().keepRate();
    DoubleFunction<SearchedPoints.Candidate> candidates =
        candidates(delta, pruned, evidence, threads);
    List<SparseDelta> drawn = drawn(delta, pruned, threads);
    SearchedPoints trials =
        new SearchedPoints(
            candidates, scale -> score(drawn, delta.base(), objective, scale), evidence.progress());
    GeometricSearch search = target.search();
    trials.score(keepRate);
    search.run(keepRate, 1, trials);
    Scale best = candidates.apply(trials.best(search.tolerance())).scale();
    return new Found(best, trials.searched());
  }

  private DoubleFunction<SearchedPoints.Candidate> candidates(
      Delta delta, SparseDelta pruned, Evidence evidence, int threads) {
    if (scope == Scope.GLOBAL) {
      return q -> new SearchedPoints.Candidate(KeepRates.scale(pruned, q), q, null);
    }
    Calibration calibration =
        evidence
            .calibration()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        name()
                            + ", scope layer: expected a calibration text to see what enters each"
                            + " layer, got none; give one, or use scope global"));
    LayerBounds bounds = new LayerBounds(delta, pruned.mask(), calibration.inputs(), threads);
    return mean -> {
      double eta = bounds.eta(mean);
      Scale scale = bounds.scale(eta);
      return new SearchedPoints.Candidate(scale, bounds.mean(scale), eta);
    };
  }

  /** The prunings a score is averaged over, each once: seeds do not matter to a mask of values. */
  private List<SparseDelta> drawn(Delta delta, SparseDelta pruned, int threads) {
    if (seeds.isEmpty()) {
      return List.of(pruned.inMemory(threads));
    }
    List<SparseDelta> drawn = new ArrayList<>();
    masks(pruned.mask()).forEach(mask -> drawn.add(new Pruning(mask).prune(delta, threads)));
    return drawn;
  }

  private List<Mask> masks(Mask mask) {
    return seeds.stream().map(mask::withSeed).distinct().toList();
  }

  /** How often {@link #find} evaluates the objective at most. */
  public int evaluations(Mask mask) {
    return Math.max(1, masks(mask).size()) * target.search().most();
  }

  private double score(List<SparseDelta> drawn, Checkpoint base, Objective objective, Scale scale) {
    double[] scores = new double[drawn.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = objective.score(drawn.get(i).withScale(scale).applyTo(base));
      if (Double.isNaN(scores[i])) {
        return Double.NaN; // what the other masks score would not help
      }
    }
    return target.mean(scores);
  }
}
