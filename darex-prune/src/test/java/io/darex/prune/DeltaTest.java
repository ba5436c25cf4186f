package io.darex.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DeltaTest {
  private static Tensor tensor(String name, long... shape) {
    return Checkpoints.random(1, name, 1, shape);
  }

  private static Delta between(Checkpoint base, Checkpoint tuned) {
    return Delta.between(base, tuned, name -> false);
  }

  @Test
  void matchesNamesWithAndWithoutTheBertPrefix() {
    Delta delta =
        between(
            Checkpoints.of(tensor("encoder.w", 2), tensor("bert.pooler.w", 2), tensor("same", 2)),
            Checkpoints.of(tensor("bert.encoder.w", 2), tensor("pooler.w", 2), tensor("same", 2)));
    assertThat(delta.pairs()).containsOnlyKeys("bert.encoder.w", "pooler.w", "same");
    assertThat(delta.pairs().get("bert.encoder.w").base().name()).isEqualTo("encoder.w");
    assertThat(delta.pairs().get("pooler.w").base().name()).isEqualTo("bert.pooler.w");
    assertThat(delta.whole()).isEmpty();
  }

  @Test
  void neverGivesOneBaseTensorToTwo() {
    Delta delta =
        between(
            Checkpoints.of(tensor("w", 2)), Checkpoints.of(tensor("w", 2), tensor("bert.w", 2)));
    assertThat(delta.pairs()).containsOnlyKeys("w");
    assertThat(delta.whole()).containsOnlyKeys("bert.w");
  }

  @Test
  void carriesWholeWhatOnlyTheTunedModelHas() {
    Delta delta =
        between(
            Checkpoints.of(tensor("w", 2), tensor("base.only", 2)),
            Checkpoints.of(tensor("w", 2), tensor("classifier.bias", 3)));
    assertThat(delta.whole()).containsOnlyKeys("classifier.bias");
    assertThat(delta.pairs()).containsOnlyKeys("w");
  }

  @Test
  void carriesWholeWhatNoArithmeticCanTouch() {
    Checkpoint both = Checkpoints.of(tensor("w", 2), new Integers("position_ids"));
    assertThat(between(both, both).whole()).containsOnlyKeys("position_ids");
  }

  @Test
  void listsEveryMismatchAtOnce() {
    Checkpoint base = Checkpoints.of(tensor("a", 2, 3), tensor("b", 4), tensor("ids", 2));
    Checkpoint tuned = Checkpoints.of(tensor("a", 3, 2), tensor("b", 5), new Integers("ids"));
    assertThatThrownBy(() -> between(base, tuned))
        .isInstanceOfSatisfying(
            MismatchException.class,
            e ->
                assertThat(e.problems())
                    .containsExactly(
                        "tensor a: shape [2, 3] in the base, [3, 2] in the tuned model",
                        "tensor b: shape [4] in the base, [5] in the tuned model",
                        "tensor ids: dtype F32 in the base, I64 in the tuned model"));
  }

  @Test
  void refusesCheckpointsWithNothingInCommon() {
    assertThatThrownBy(
            () -> between(Checkpoints.of(tensor("a", 2)), Checkpoints.of(tensor("b", 2))))
        .isInstanceOf(MismatchException.class)
        .hasMessageContaining("no tensor name in common");
  }

  private record Integers(String name) implements Tensor {
    @Override
    public DType dtype() {
      return DType.I64;
    }

    @Override
    public long[] shape() {
      return new long[] {2};
    }

    @Override
    public void read(long from, float[] into, int offset, int length) {
      throw new IllegalStateException("integers");
    }
  }
}
