package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Pruning;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.mask.Kept;
import io.darex.prune.mask.RandomMask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real base and its fine-tune, whose head and pooler the base lacks. */
class RealPairTest {
  @TempDir Path folder;

  @Test
  void prunesWritesReadsAndApplies() throws IOException {
    // Tests run in the module's folder; the shared data lie beside the project.
    Path shared = Path.of("..", "..", "shared", "checkpoints");
    assumeTrue(Files.isDirectory(shared), "skipped: no ../shared/checkpoints beside the project");
    Checkpoint base = HuggingFaceFolder.open(shared.resolve("bert-tiny-encoder-base"));
    Checkpoint tuned = HuggingFaceFolder.open(shared.resolve("bert-tiny-encoder-sst2"));
    RandomMask mask = new RandomMask(42, 0.99);
    SparseDelta pruned = new Pruning(mask).prune(base, tuned);
    pruned =
        pruned.withProvenance(
            pruned
                .provenance()
                .withBase(Optional.of(CheckpointDigest.of(base)))
                .withTuned(Optional.of(CheckpointDigest.of(tuned))));
    assertThat(pruned.kept()).hasSize(32);
    assertThat(pruned.whole())
        .containsOnlyKeys(
            "bert.pooler.dense.bias",
            "bert.pooler.dense.weight",
            "classifier.bias",
            "classifier.weight");

    Path file = folder.resolve("sst2.safetensors");
    SparseDeltaFile.write(file, pruned, false);
    SparseDelta read = SparseDeltaFile.read(file);
    CheckpointDigest.requireBase(read, base);
    Path out = folder.resolve("pruned");
    HuggingFaceFolder.write(out, read.applyTo(base), Map.of(), false);
    Checkpoint applied = HuggingFaceFolder.open(out);
    assertThat(applied.config()).isEqualTo(tuned.config());
    assertThat(applied.tensors().keySet()).isEqualTo(tuned.tensors().keySet());

    float keepRate = (float) (1 - 0.99);
    for (Tensor after : tuned.tensors().values()) {
      float[] expected = Checkpoints.values(after);
      Tensor before = base.tensors().get(after.name());
      if (before != null) {
        expected = Checkpoints.values(before);
        for (long i : Kept.indices(mask.on(after.name(), after.shape()), after.count())) {
          expected[(int) i] += (after.at(i) - before.at(i)) / keepRate;
        }
      }
      assertThat(Checkpoints.values(applied.tensors().get(after.name()))).isEqualTo(expected);
    }
  }
}
