package io.darex.prune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoints;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;
import org.junit.jupiter.api.Test;

class CheckpointDigestTest {
  private final Tensor w = new FloatTensor("w", new long[] {1, 3}, new float[] {1, -2.5f, 0});
  private final Tensor b = new FloatTensor("ü", new long[0], new float[] {0.1f});

  /** Computed with Python's hashlib from the layout in docs/FORMAT.md. */
  @Test
  void agreesWithTheIndependentComputation() {
    assertThat(CheckpointDigest.of(Checkpoints.of(w, b)))
        .isEqualTo("6541fd619211785f6e98523a040516038430fe11c01bfdd4da3a31fddc673551");
  }

  @Test
  void dependsOnNameShapeAndValues() {
    String digest = CheckpointDigest.of(Checkpoints.of(w));
    assertThat(digest)
        .isNotEqualTo(CheckpointDigest.of(Checkpoints.of(new Renamed("v", w))))
        .isNotEqualTo(
            CheckpointDigest.of(
                Checkpoints.of(new FloatTensor("w", new long[] {3}, Checkpoints.values(w)))))
        .isNotEqualTo(
            CheckpointDigest.of(
                Checkpoints.of(
                    new FloatTensor("w", new long[] {1, 3}, new float[] {1, -2.5f, -0f}))));
  }

  @Test
  void checksEveryValue() {
    float[] values = new float[600_000];
    values[599_999] = Float.NaN;
    Tensor bad = new FloatTensor("w", new long[] {values.length}, values);
    assertThatThrownBy(() -> CheckpointDigest.of(Checkpoints.of(bad)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("tensor w, element 599999");
  }
}
