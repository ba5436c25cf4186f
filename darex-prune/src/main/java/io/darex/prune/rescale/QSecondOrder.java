package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.SparseDelta;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code q-first-order} and the next term, which no gradient shows and a few forward passes do.
 *
 * <p>First order lets masking noise hurt the outputs in proportion to its variance. What drives a
 * network out of its linear range, and makes DARE collapse, is of the next order: with H the second
 * derivatives, the noise ξ of DARE adds σ⁴·E[(½ξᵀHξ)²] to the expected squared change of the
 * outputs at shrinkage σ = (1−p)/q, so that this is
 *
 * <pre>M(σ) ≈ a·(1−σ)² + β·a·σ² + c·σ⁴.</pre>
 *
 * β = p/(1−p)·ΣQ/ΣS² comes from the gradients (METHOD.md §2, form 4). a and c come from the change
 * that is measured, with the mask that was drawn, at q = 1−p and at q = 1. Then M is measured at
 * the model's own minimum, c corrected by it, and so on: a saturated network shows less than all of
 * c at q = 1−p, and the more of it the smaller σ. Where first order is right the answer is DARE's
 * or form 4's q after two or three passes; it takes at most {@value #PASSES}. Of the points
 * measured the one with the least change wins, so by that measure it is never worse than q = 1 − p.
 */
public record QSecondOrder() implements Rescale {
  static final String NAME = "q-second-order";

  /** Forward passes over the calibration texts at most. */
  private static final int PASSES = 5;

  /** Shrinkages closer than this are one. */
  private static final double RESOLUTION = 0.03;

  private static final int BISECTIONS = 52;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Map<String, Object> parameters() {
    return Map.of();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if the change of the outputs is NaN at every point
   */
  @Override
  public Found find(Delta delta, SparseDelta pruned, Evidence evidence, int threads) {
    Shrinkages rates = new Shrinkages(pruned);
    FirstOrderSums sums = evidence.required("rescale " + NAME).firstOrder(delta, threads);
    double noise = sums.noise(rates);
    if (noise == 0) {
      return new Found(rates.scale(1), List.of());
    }
    OutputChange change = new OutputChange(delta, pruned, rates, evidence, threads);
    double least = rates.least();
    double atKeepRate = change.at(rates.scale(1));
    double atOne = change.at(rates.scale(least));
    Model model = Model.through(noise / sums.signal(), least, atKeepRate, atOne);
    List<Double> tried = new ArrayList<>(List.of(1.0, least));
    while (change.points() < PASSES && model.isKnown()) {
      double shrinkage = model.minimum(least);
      if (tried.stream().anyMatch(other -> Math.abs(Math.log(other / shrinkage)) < RESOLUTION)) {
        break;
      }
      tried.add(shrinkage);
      model = model.corrected(shrinkage, change.at(rates.scale(shrinkage)));
    }
    return change.best();
  }

  /** M(σ) = a·(1−σ)² + b·σ² + c·σ⁴, none of them negative. */
  private record Model(double a, double b, double c) {
    /** a and c from the change at σ = 1 and at {@code least}, b = β·a. */
    static Model through(double beta, double least, double atDare, double atLeast) {
      double square = least * least;
      double a =
          Math.max(0, atLeast - atDare * square * square)
              / ((1 - least) * (1 - least) + beta * square * (1 - square));
      // All of what DARE changes may be first order, but not more than all of it.
      double b = Math.min(beta * a, atDare);
      return new Model(a, b, atDare - b);
    }

    boolean isKnown() {
      return Double.isFinite(a) && Double.isFinite(b) && Double.isFinite(c);
    }

    /** The same with the c that a further measurement shows. */
    Model corrected(double shrinkage, double change) {
      double square = shrinkage * shrinkage;
      double rest = change - a * (1 - shrinkage) * (1 - shrinkage) - b * square;
      return new Model(a, b, rest < 0 ? 0 : rest / (square * square));
    }

    /** The minimum in [least, 1], by bisection: the derivative rises with σ. */
    double minimum(double least) {
      double low = least;
      double high = 1;
      for (int i = 0; i < BISECTIONS; i++) {
        double middle = (low + high) / 2;
        if (a * (middle - 1) + b * middle + 2 * c * middle * middle * middle < 0) {
          low = middle;
        } else {
          high = middle;
        }
      }
      return high;
    }
  }
}
