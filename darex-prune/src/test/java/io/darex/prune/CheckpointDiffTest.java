package io.darex.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.CheckpointDiff.Change;
import io.darex.prune.tensor.FloatTensor;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Differences of checkpoints against their definitions, written as one plain loop. */
class CheckpointDiffTest {
  @Property(tries = 20)
  void measuresWhatItSays(@ForAll long seed, @ForAll @IntRange(min = 1, max = 150_000) int count) {
    FloatTensor first = Checkpoints.random(seed, "w", 1, count);
    FloatTensor second = Checkpoints.tuned(seed + 1, first, "bert.w");
    long changed = 0;
    double sum = 0;
    double max = 0;
    double squares = 0;
    double norm = 0;
    for (int i = 0; i < count; i++) {
      double delta = (double) second.at(i) - first.at(i);
      changed += delta == 0 ? 0 : 1;
      sum += Math.abs(delta);
      max = Math.max(max, Math.abs(delta));
      squares += delta * delta;
      norm += (double) first.at(i) * first.at(i);
    }

    CheckpointDiff one = CheckpointDiff.between(Checkpoints.of(first), Checkpoints.of(second), 1);
    Change change = one.tensors().get("bert.w");
    assertThat(change.entries()).isEqualTo(count);
    assertThat(change.changed()).isEqualTo(changed);
    assertThat(change.mean()).isCloseTo(sum / count, within(1e-12 * sum));
    assertThat(change.max()).isEqualTo(max);
    double relative = Math.sqrt(squares / norm);
    assertThat(change.relativeNorm()).isCloseTo(relative, within(1e-12 * relative));
    for (int threads : new int[] {2, 8}) {
      assertThat(CheckpointDiff.between(Checkpoints.of(first), Checkpoints.of(second), threads))
          .isEqualTo(one);
    }
  }

  @Test
  void namesWhatOnlyOneHasAndWhatCannotBeCompared() {
    Checkpoint first =
        Checkpoints.of(Checkpoints.random(1, "a", 1, 2), Checkpoints.random(1, "b", 1, 2));
    Checkpoint second =
        Checkpoints.of(Checkpoints.random(1, "a", 1, 3), Checkpoints.random(1, "c", 1, 2));
    CheckpointDiff diff = CheckpointDiff.between(first, second, 2);
    assertThat(diff.onlyFirst()).containsExactly("b");
    assertThat(diff.onlySecond()).containsExactly("c");
    assertThat(diff.unlike())
        .containsExactly("tensor a: F32 [2] in the first, F32 [3] in the second");
    assertThat(diff.identical()).isFalse();
    assertThat(CheckpointDiff.between(first, first, 2).identical()).isTrue();
  }

  @Test
  void aZeroThatChangedItsSignIsNotIdentical() {
    Checkpoint plus = Checkpoints.of(new FloatTensor("w", new long[] {1}, new float[] {0f}));
    Checkpoint minus = Checkpoints.of(new FloatTensor("w", new long[] {1}, new float[] {-0f}));
    CheckpointDiff diff = CheckpointDiff.between(plus, minus, 1);
    assertThat(diff.identical()).isFalse();
    assertThat(diff.total().relativeNorm()).isZero();
  }

  @Test
  void anInfinityThatStaysHasNotChanged() {
    Checkpoint mask =
        Checkpoints.of(new FloatTensor("w", new long[] {2}, new float[] {3, -1 / 0f}));
    CheckpointDiff diff = CheckpointDiff.between(mask, mask, 1);
    assertThat(diff.identical()).isTrue();
    assertThat(diff.total().firstSquares()).isEqualTo(9);
  }

  @Test
  void refusesNaN() {
    Checkpoint fine = Checkpoints.of(new FloatTensor("w", new long[] {2}, new float[2]));
    Checkpoint bad =
        Checkpoints.of(new FloatTensor("w", new long[] {2}, new float[] {0, Float.NaN}));
    assertThatThrownBy(() -> CheckpointDiff.between(fine, bad, 1))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("w, element 1");
  }
}
