package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Delta;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.Values;
import io.darex.prune.mask.MagnitudeMask;
import io.darex.prune.mask.Scope;
import io.darex.prune.recipe.StoredValues;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DotMatchTest implements RescaleContract {
  @Override
  public Rescale rescale() {
    return new DotMatch();
  }

  @Override
  public double least(double keepRate) {
    // The largest or the smallest entries may be kept.
    return 0;
  }

  /** ⟨Δ̂, Δ⟩ = ‖Δ‖², summed here entry by entry over all tensors. */
  @ParameterizedTest
  @CsvSource({"F32, 0.5", "F32, 0.99", "SIGN, 0.5", "SIGN, 0.97", "BF16, 0.9"})
  void theDeltaKeepsItsLengthInItsOwnDirection(Values values, double dropRate) {
    Delta delta = pair();
    SparseDelta pruned =
        StoredValues.of(
            new Pruning(new MagnitudeMask(dropRate, Scope.MODEL), Selection.ALL).view(delta, 1),
            values,
            1);
    Found found = new DotMatch().find(delta, pruned, Evidence.none(), 2);
    assertThat(new DotMatch().find(delta, pruned, Evidence.none(), 1)).isEqualTo(found);
    double q = found.scale().fallback();
    double[] sums = new double[2];
    delta
        .pairs()
        .forEach(
            (name, pair) -> {
              for (long i = 0; i < pair.tuned().count(); i++) {
                sums[0] += Math.pow(pair.at(i), 2);
              }
              pruned.kept().get(name).forEach((i, value) -> sums[1] += value / q * pair.at(i));
            });
    assertThat(q).isBetween(0.0, 1.0);
    assertThat(sums[1]).isCloseTo(sums[0], within(1e-6 * sums[0]));
  }

  @Test
  void keepingEverythingIsNoRescale() {
    Delta delta = pair();
    SparseDelta all = new Pruning(new MagnitudeMask(0, Scope.TENSOR), Selection.ALL).view(delta, 1);
    assertThat(new DotMatch().find(delta, all, Evidence.none(), 1).scale().fallback()).isEqualTo(1);
  }

  private static Delta pair() {
    SplittableRandom random = new SplittableRandom(8);
    List<FloatTensor> base = new ArrayList<>();
    List<FloatTensor> tuned = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      float[] before = new float[70_000];
      float[] after = new float[before.length];
      for (int i = 0; i < before.length; i++) {
        before[i] = (float) random.nextGaussian();
        after[i] = before[i] + (float) ((t + 1) * 1e-2 * random.nextGaussian());
      }
      long[] shape = {100, before.length / 100};
      base.add(new FloatTensor("w" + t, shape, before));
      tuned.add(new FloatTensor("w" + t, shape, after));
    }
    return Delta.between(
        InMemoryCheckpoint.of(base, Optional.empty()),
        InMemoryCheckpoint.of(tuned, Optional.empty()),
        Selection.ALL);
  }
}
