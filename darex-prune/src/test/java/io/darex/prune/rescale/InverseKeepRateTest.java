package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.Pruning;
import io.darex.prune.SparseDelta;
import io.darex.prune.mask.Kept;
import io.darex.prune.mask.RandomMask;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;

class InverseKeepRateTest implements RescaleContract {
  @Override
  public Rescale rescale() {
    return new InverseKeepRate();
  }

  /** docs/METHOD.md §9: base + Δ/(1−p) on every kept entry, in fp32, whatever the way there. */
  @Property(tries = 20)
  void isDareBitForBit(
      @ForAll long seed, @ForAll @Scale(6) @DoubleRange(min = 0, max = 0.999) double dropRate) {
    Delta delta = RescaleContract.delta();
    RandomMask mask = new RandomMask(seed, dropRate);
    SparseDelta pruned = new Pruning(mask).prune(delta, 2);
    SparseDelta dare = pruned.withScale(rescale().find(delta, pruned, Evidence.none(), 2).scale());
    SparseDelta fixed =
        pruned.withScale(new FixedQ(1 - dropRate).find(delta, pruned, Evidence.none(), 2).scale());
    delta
        .pairs()
        .forEach(
            (name, pair) -> {
              float[] expected = Checkpoints.values(pair.base());
              float[] tuned = Checkpoints.values(pair.tuned());
              for (long at : Kept.indices(mask.on(name, pair.base().shape()), expected.length)) {
                int i = (int) at;
                expected[i] += (tuned[i] - expected[i]) / (float) (1 - dropRate);
              }
              assertThat(Checkpoints.values(dare.applyTo(delta.base()).tensors().get(name)))
                  .isEqualTo(expected);
              assertThat(Checkpoints.values(fixed.applyTo(delta.base()).tensors().get(name)))
                  .isEqualTo(expected);
            });
  }
}
