package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.SparseDelta;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The q's learned on calibration text: gradient steps that make the outputs of the model pruned by
 * the very mask that was drawn change least against the tuned model's. No labels; a forward and a
 * backward pass a step.
 *
 * <p>What is learned is u = log σ of every group, σ = (1−p)/q in [1−p, 1]: dM/du = Σ ⟨∂M/∂θ, A⊙Δ/q⟩
 * over the group's tensors. Steps are Adam's, for the change has no scale of its own, from {@code
 * rate} down to 0 in equal parts. They start at the best of DARE, {@code q-first-order} and {@code
 * q-layer-mse}; the least change seen wins, so by that measure it is never worse than q = 1 − p. A
 * step to where the change is NaN is taken back, and the rate halved.
 *
 * @param scope one number for the model; or, the default, one for every linear layer, its bias
 *     included, and one for all other tensors
 * @param steps how many at most, 0 or more
 * @param rate what u changes by in the first step, above 0
 */
public record QLearned(Scope scope, int steps, double rate) implements Rescale {
  static final String NAME = "q-learned";

  /** Thirty steps of .3 down to 0 cross the range of u at p = .99, which is 4.6. */
  static final QLearned DEFAULT = new QLearned(Scope.LAYER, 30, 0.3);

  private static final double FIRST_DECAY = 0.8;
  private static final double SECOND_DECAY = 0.9;

  /** Checks the numbers. */
  public QLearned {
    if (steps < 0) {
      throw new IllegalArgumentException("steps must not be negative, got " + steps);
    }
    if (!(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("rate must be above 0, got " + rate);
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Map<String, Object> parameters() {
    return new TreeMap<>(
        Map.of("scope", scope.name().toLowerCase(Locale.ROOT), "steps", steps, "rate", rate));
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if the change of the outputs is NaN at every point
   */
  @Override
  public Found find(Delta delta, SparseDelta pruned, Evidence evidence, int threads) {
    Calibration calibration = evidence.required("rescale " + NAME);
    Shrinkages rates = new Shrinkages(pruned);
    List<PrunedLayer> layers =
        scope == Scope.LAYER ? PrunedLayer.of(delta, calibration.inputs()) : List.of();
    Groups groups = new Groups(delta, layers, rates);
    OutputChange change = new OutputChange(delta, pruned, rates, evidence, threads);
    State best = null;
    for (Rescale start :
        List.of(
            new InverseKeepRate(), new QFirstOrder(Scope.GLOBAL), new QLayerMse(Scope.GLOBAL))) {
      double[] shrinkages = groups.shrinkages(start.find(delta, pruned, evidence, threads).scale());
      State state = new State(change, groups, shrinkages);
      best = best == null || state.isBetterThan(best) ? state : best;
    }
    if (!Double.isNaN(best.change)) {
      descend(change, groups, best);
    }
    return change.best();
  }

  private void descend(OutputChange change, Groups groups, State start) {
    double[] least = groups.least();
    double[] first = new double[groups.count()];
    double[] second = new double[groups.count()];
    double reach = rate;
    State best = start;
    State at = start;
    for (int step = 1; step <= steps; step++) {
      double[] next = at.shrinkages.clone();
      for (int i = 0; i < next.length; i++) {
        double slope = at.gradient[i];
        first[i] = FIRST_DECAY * first[i] + (1 - FIRST_DECAY) * slope;
        second[i] = SECOND_DECAY * second[i] + (1 - SECOND_DECAY) * slope * slope;
        double mean = first[i] / (1 - Math.pow(FIRST_DECAY, step));
        double size = Math.sqrt(second[i] / (1 - Math.pow(SECOND_DECAY, step)));
        double length = reach * (steps - step + 1) / steps;
        double move = size > 0 ? length * mean / size : 0;
        next[i] = Math.max(least[i], Math.min(1, next[i] * Math.exp(-move)));
      }
      if (Arrays.equals(next, at.shrinkages)) {
        return;
      }
      at = new State(change, groups, next);
      if (at.isBetterThan(best)) {
        best = at;
      } else if (Double.isNaN(at.change)) {
        at = best;
        reach /= 2;
      }
    }
  }

  /** A point, its change, and the gradient of that. */
  private static final class State {
    private final double[] shrinkages;
    private final double[] gradient;
    private final double change;

    State(OutputChange change, Groups groups, double[] shrinkages) {
      this.shrinkages = shrinkages;
      this.gradient = new double[shrinkages.length];
      this.change = change.at(groups, shrinkages, gradient);
    }

    boolean isBetterThan(State other) {
      return change < other.change || (Double.isNaN(other.change) && !Double.isNaN(change));
    }
  }
}
