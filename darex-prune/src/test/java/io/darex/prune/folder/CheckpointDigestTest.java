package io.darex.prune.folder;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.Renamed;
import java.util.ArrayList;
import java.util.List;
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
  void findsEveryValueThatIsNotFiniteAndTakesItsBytes() {
    float[] values = new float[600_000];
    values[17] = Float.NEGATIVE_INFINITY;
    values[599_999] = Float.NaN;
    Checkpoint bad = Checkpoints.of(new FloatTensor("w", new long[] {values.length}, values));
    List<Long> found = new ArrayList<>();
    String digest = CheckpointDigest.of(bad, (name, index, value) -> found.add(index));
    assertThat(found).containsExactly(17L, 599_999L);
    assertThat(CheckpointDigest.of(bad)).isEqualTo(digest);
    values[17] = Float.POSITIVE_INFINITY;
    assertThat(CheckpointDigest.of(bad)).isNotEqualTo(digest);
  }
}
