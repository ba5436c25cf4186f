package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.checkpoint.FloatTensor;
import io.darex.prune.mask.RandomMask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class QSecondOrderTest implements RescaleContract {
  private static final double P = 0.99;

  @Override
  public Rescale rescale() {
    return new QSecondOrder();
  }

  /** Outputs whose change is a given function of σ = (1−p)/q, and whose β is given, too. */
  private static Found find(double beta, DoubleUnaryOperator change, Consumer<Point> progress) {
    // The output is a sum of n entries: S = Q = n, and β = p/(1−p)·Q/S² = p/(1−p)/n.
    int count = 10_000;
    float[] ones = new float[count];
    Arrays.fill(ones, 1);
    float[] gradient = new float[count];
    Arrays.fill(gradient, 0, (int) Math.round(P / (1 - P) / beta), 1);
    long[] shape = {count};
    Delta delta =
        Delta.between(
            Checkpoints.of(new FloatTensor("w", shape, new float[count])),
            Checkpoints.of(new FloatTensor("w", shape, ones)),
            Selection.ALL);
    SparseDelta pruned = new Pruning(new RandomMask(3, P)).prune(delta, 1);
    Outputs outputs =
        new Outputs() {
          @Override
          public void gradients(Consumer<Map<String, Tensor>> each) {
            each.accept(Map.of("w", new FloatTensor("w", shape, gradient)));
          }

          @Override
          public double change(Checkpoint candidate, Consumer<Map<String, Tensor>> gradients) {
            float largest = 0;
            for (float value : Checkpoints.values(candidate.tensors().get("w"))) {
              largest = Math.max(largest, value);
            }
            return change.applyAsDouble((1 - P) * largest);
          }
        };
    return new QSecondOrder()
        .find(delta, pruned, new TinyModel(1).evidence(outputs).withProgress(progress), 1);
  }

  private static double leastOf(DoubleUnaryOperator change) {
    double least = Double.POSITIVE_INFINITY;
    double at = 1;
    for (double shrinkage = 0.01; shrinkage <= 1; shrinkage += 1e-4) {
      if (change.applyAsDouble(shrinkage) < least) {
        least = change.applyAsDouble(shrinkage);
        at = shrinkage;
      }
    }
    return at;
  }

  @Test
  void findsTheMinimumOfAChangeOfItsOwnForm() {
    for (double beta : new double[] {0.01, 0.1, 1}) {
      for (double c : new double[] {0, 0.1, 1, 10, 1000}) {
        DoubleUnaryOperator change =
            s -> 3 * ((1 - s) * (1 - s) + beta * s * s + c * s * s * s * s);
        Found found = find(beta, change, point -> {});
        double shrinkage = (1 - P) / found.scale().q("w");
        assertThat(Math.log(shrinkage / leastOf(change)))
            .as("β %s, c %s", beta, c)
            .isCloseTo(0, within(0.05));
        assertThat(found.searched()).hasSizeBetween(2, 5);
      }
    }
  }

  /** Where the change saturates, c at q = 1 − p is a small part of what it is. */
  @Test
  void correctsItselfWhereTheChangeSaturates() {
    DoubleUnaryOperator change =
        s -> (1 - s) * (1 - s) + 1 - Math.exp(-0.05 * s * s - 10 * s * s * s * s);
    Found found = find(0.05, change, point -> {});
    double shrinkage = (1 - P) / found.scale().q("w");
    double best = change.applyAsDouble(leastOf(change));
    assertThat(change.applyAsDouble(shrinkage)).isLessThan(best * 1.05);
    assertThat(best).isLessThan(0.7 * change.applyAsDouble(1));
  }

  @Test
  void endsWithTheLeastChangeItSawAndReportsAll() {
    List<Point> seen = new ArrayList<>();
    // Nothing like the model: least at q = 1 − p though the slope there says otherwise.
    Found found = find(0.2, s -> s == 1 ? 0.1 : 1 + Math.sin(20 * s) / 2, seen::add);
    assertThat(found.searched()).isEqualTo(seen).hasSizeLessThanOrEqualTo(5);
    double best = seen.stream().mapToDouble(Point::score).max().orElseThrow();
    assertThat(seen.stream().filter(point -> point.score() == best).map(Point::q))
        .contains(found.scale().q("w"));
  }

  @Test
  void passesOverPointsWithoutAChange() {
    assertThat(find(0.1, s -> s > 0.5 ? Double.NaN : 1 - s, point -> {}).scale().q("w"))
        .isEqualTo(1);
    assertThatThrownBy(() -> find(0.1, s -> Double.NaN, point -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("NaN at every q tried");
  }
}
