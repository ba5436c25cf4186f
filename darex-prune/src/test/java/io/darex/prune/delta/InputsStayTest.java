package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.file.RefusedOutputException;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.InverseKeepRate;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs know what they read, and never write over it, whoever calls them. */
class InputsStayTest {
  private static final WriteOptions FORCED = WriteOptions.defaults().withForce(true);

  @TempDir Path folder;
  private Path base;
  private Path tuned;

  @BeforeEach
  void writePair() throws IOException {
    Tensor before = Checkpoints.random(1, "w", 1, 40, 10);
    base = write("base", before);
    tuned = write("tuned", Checkpoints.tuned(2, before, "w"));
  }

  private Path write(String name, Tensor tensor) throws IOException {
    Checkpoint checkpoint = InMemoryCheckpoint.of(List.of(tensor), Optional.of("{}"));
    HuggingFaceFolder.write(folder.resolve(name), checkpoint, Map.of(), false);
    return folder.resolve(name);
  }

  private PruneJob prune() throws IOException {
    Pruning pruning = new Pruning(new RandomMask(1, 0.5), Selection.ENCODER);
    return PruneJob.open(
        base, tuned, new Recipe(pruning, Budget.UNIFORM, new InverseKeepRate(), Values.F32));
  }

  private void assertRefused(Work work, Path... inputs) throws IOException {
    for (Path input : inputs) {
      byte[] content = Files.isDirectory(input) ? new byte[0] : Files.readAllBytes(input);
      assertThatThrownBy(() -> work.write(input))
          .isInstanceOf(RefusedOutputException.class)
          .hasMessageStartingWith(input + ": the output ");
      if (content.length > 0) {
        assertThat(input).hasBinaryContent(content);
      }
    }
    CheckpointDigest.of(HuggingFaceFolder.open(base));
    CheckpointDigest.of(HuggingFaceFolder.open(tuned));
  }

  private interface Work {
    void write(Path out) throws IOException;
  }

  @Test
  void pruneWritesOverNeitherBaseNorTuned() throws IOException {
    Path[] inputs = {
      base.resolve("model.safetensors"), tuned.resolve("model.safetensors"), tuned, base, folder
    };
    assertRefused(out -> prune().run(out, FORCED), inputs);
    assertRefused(out -> new DividedPruning(prune()).run(out, FORCED, parts -> {}), inputs);
  }

  @Test
  void applyWritesOverNeitherBaseNorDelta() throws IOException {
    Path delta = folder.resolve("delta.safetensors");
    prune().run(delta, FORCED);
    assertRefused(
        out -> ApplyJob.open(base, delta).run(out, FORCED),
        base,
        base.resolve("model.safetensors"),
        delta,
        folder);
  }
}
