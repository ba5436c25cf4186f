package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.tensor.FloatTensor;
import java.util.Arrays;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class NormMatchTest implements RescaleContract {
  private static final NormMatch L1 = new NormMatch(NormMatch.Norm.L1);
  private static final NormMatch L2 = new NormMatch(NormMatch.Norm.L2);

  @Override
  public Rescale rescale() {
    return L2;
  }

  @Override
  public double least(double keepRate) {
    // At random some entries beyond the mean are kept, or not.
    return keepRate / 4;
  }

  private static Delta delta(Tensor base, Tensor tuned) {
    return Delta.between(Checkpoints.of(base), Checkpoints.of(tuned), Selection.ALL);
  }

  /** The scaled kept entries have the norm of the delta, by adding up what applying adds. */
  @Property(tries = 50)
  void givesKeptEntriesTheNormOfTheDelta(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 200_000) int count,
      @ForAll @net.jqwik.api.constraints.Scale(6) @DoubleRange(min = 0, max = 0.999) double p) {
    Tensor base = Checkpoints.random(seed, "w", 0.05, count);
    Delta delta = delta(base, Checkpoints.tuned(seed + 1, base, "w"));
    SparseDelta pruned = new Pruning(new RandomMask(seed, p)).view(delta, 2);
    double[] full = new double[2];
    for (int i = 0; i < count; i++) {
      double entry = delta.pairs().get("w").at(i);
      full[0] += Math.abs(entry);
      full[1] += entry * entry;
    }
    double one = L1.find(delta, pruned, Evidence.none(), 2).scale().q("w");
    double two = L2.find(delta, pruned, Evidence.none(), 2).scale().q("w");
    double[] kept = new double[2];
    pruned
        .kept()
        .get("w")
        .forEach(
            (i, value) -> {
              kept[0] += Math.abs(value / one);
              kept[1] += Math.pow(value / two, 2);
            });
    if (kept[0] > 0) {
      assertThat(kept[0]).isCloseTo(full[0], within(1e-9 * full[0]));
      assertThat(kept[1]).isCloseTo(full[1], within(1e-9 * full[1]));
    } else {
      assertThat(one).isEqualTo(1 - p);
      assertThat(two).isEqualTo(1 - p);
    }
  }

  @Test
  void fallsBackToTheKeepRateWhereNothingIsLeft() {
    Delta delta = RescaleContract.delta();
    SparseDelta pruned = new Pruning(new RandomMask(1, 0.9)).prune(delta, 2);
    Scale scale = L1.find(delta, pruned, Evidence.none(), 2).scale();
    assertThat(scale.fallback()).isEqualTo(1 - 0.9);
    assertThat(scale.perTensor()).containsOnlyKeys("a.bias", "a.weight");
  }

  @Test
  void isOneWhereEverythingIsKept() {
    Delta delta = RescaleContract.delta();
    SparseDelta all = new Pruning(new RandomMask(1, 0)).prune(delta, 2);
    for (NormMatch rescale : new NormMatch[] {L1, L2}) {
      assertThat(rescale.find(delta, all, Evidence.none(), 2).scale())
          .isEqualTo(new Scale(1, Map.of("a.bias", 1.0, "a.weight", 1.0)));
    }
  }

  @Test
  void addsUpInDouble() {
    // In fp32 the sum would stop at 2²⁴.
    float[] ones = new float[(1 << 24) + 500_000];
    Arrays.fill(ones, 1);
    long[] shape = {ones.length};
    Delta delta =
        delta(
            new FloatTensor("w", shape, new float[ones.length]), new FloatTensor("w", shape, ones));
    SparseDelta pruned = new Pruning(new RandomMask(1, 0.5)).view(delta, 2);
    assertThat(L1.find(delta, pruned, Evidence.none(), 2).scale().q("w"))
        .isEqualTo(pruned.kept().get("w").kept() / (double) ones.length);
  }

  @Test
  void namesABadValueThoughItIsDropped() {
    float[] bad = new float[200_000];
    bad[150_003] = Float.NaN;
    Tensor base = new FloatTensor("w", new long[] {bad.length}, new float[bad.length]);
    Delta delta = delta(base, new FloatTensor("w", new long[] {bad.length}, bad));
    SparseDelta pruned = new Pruning(new RandomMask(1, 0.999)).prune(delta, 2);
    assertThatThrownBy(() -> L1.find(delta, pruned, Evidence.none(), 2))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("w of the tuned model, element 150003");
  }

  @Test
  void matchesL1UnlessToldOtherwise() {
    assertThat(Rescales.create("norm-match", Map.of())).isEqualTo(L1);
    assertThat(Rescales.create("norm-match", Map.of("norm", "l2"))).isEqualTo(L2);
    assertThatThrownBy(() -> Rescales.create("norm-match", Map.of("norm", "L3")))
        .hasMessage("rescale norm-match needs one of [l1, l2] as 'norm', got L3");
  }
}
