package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.darex.prune.Checkpoints;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.file.FileFaults;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.InputFiles;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.InverseKeepRate;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.torch.TorchZips;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Inputs that another program writes while they are read. */
class ChangedInputTest {
  @TempDir private Path folder;
  private Path base;
  private Path tuned;

  @BeforeEach
  void pair() throws IOException {
    base = folder.resolve("base.safetensors");
    tuned = folder.resolve("tuned.safetensors");
    Tensor before = Checkpoints.random(1, "layer.weight", 1, 100, 1000);
    Safetensors.write(base, List.of(before), Map.of(), false);
    Tensor after = Checkpoints.tuned(2, before, "layer.weight");
    Safetensors.write(tuned, List.of(after), Map.of(), false);
    for (Path file : List.of(base, tuned)) {
      Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
    }
  }

  @Test
  void aChangedValueIsNotPrunedInSilence() throws IOException {
    PruneJob job = PruneJob.open(base, tuned, recipe());
    try (FileChannel channel = FileChannel.open(tuned, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[4]), 200_000);
    }
    Path out = folder.resolve("out.safetensors");
    assertThatThrownBy(() -> job.run(out, WriteOptions.defaults()))
        .isInstanceOf(MalformedFileException.class)
        .hasMessage(
            tuned
                + ": expected the same file from the work's begin to its end, got it changed"
                + " meanwhile");
    assertOnlyThePair();
  }

  /** Of a folder: the file that has all weights, a shard, an adapter. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.safetensors",
        "pytorch_model.bin",
        "pytorch_model-00001-of-00001.bin",
        "adapter_model.bin"
      })
  void aChangedFileOfWeightsInAFolderIsNamed(String name) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Path weights = Files.write(model.resolve(name), new byte[1000]);
    Path card = Files.writeString(model.resolve("README.md"), "a card");
    WriteOptions.Inputs inputs = InputFiles.weights(model);
    Files.writeString(card, "another card");
    inputs.requireUnchanged();
    Files.setLastModifiedTime(weights, FileTime.from(Instant.EPOCH));
    assertThatThrownBy(inputs::requireUnchanged)
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith(weights.toRealPath() + ": expected the same file");
  }

  @Test
  void aChangedTorchFileIsNotPrunedInSilence() throws IOException {
    Tensor before = Checkpoints.random(1, "layer.weight", 1, 10, 20);
    Path[] folders = new Path[2];
    List<Tensor> pair = List.of(before, Checkpoints.tuned(2, before, "layer.weight"));
    for (int i = 0; i < 2; i++) {
      folders[i] = Files.createDirectory(folder.resolve("torch" + i));
      Files.write(folders[i].resolve("pytorch_model.bin"), TorchZips.save(pair.get(i)));
    }
    PruneJob job = PruneJob.open(folders[0], folders[1], recipe());
    Path changed = folders[1].resolve("pytorch_model.bin");
    Files.setLastModifiedTime(changed, FileTime.from(Instant.EPOCH));
    assertThatThrownBy(() -> job.run(folder.resolve("out.safetensors"), WriteOptions.defaults()))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith(changed + ": expected the same file");
  }

  @Test
  void aChangedBaseIsNotAppliedInSilence() throws IOException {
    Path delta = folder.resolve("delta.safetensors");
    PruneJob.open(base, tuned, recipe()).run(delta, WriteOptions.defaults());
    ApplyJob job = ApplyJob.open(base, delta);
    Files.setLastModifiedTime(base, FileTime.from(Instant.EPOCH.plusSeconds(1)));
    for (String out : List.of("out.safetensors", "out")) {
      assertThatThrownBy(() -> job.run(folder.resolve(out), WriteOptions.defaults()))
          .isInstanceOf(MalformedFileException.class)
          .hasMessageContaining(base + ": expected the same file");
    }
    Files.delete(delta);
    assertOnlyThePair();
  }

  @Test
  void whatReadsBehindTheNewEndIsNamed() throws IOException {
    Tensor tensor = Safetensors.open(base).tensors().get("layer.weight");
    try (FileChannel channel = FileChannel.open(base, StandardOpenOption.WRITE)) {
      channel.truncate(10_000);
    }
    float[] values = new float[100_000];
    Throwable thrown =
        catchThrowable(
            () -> {
              tensor.read(0, values, 0, values.length);
              Thread.sleep(1); // the JVM hands such errors over when a thread next calls into it
            });
    assertThat(thrown).isInstanceOf(InternalError.class);
    assertThat(FileFaults.sentence((InternalError) thrown))
        .contains(base + ": was cut short, or its disk failed, while it was read");
    assertThat(FileFaults.sentence(new InternalError("another"))).isEmpty();
    assertThat(tensor.count()).isEqualTo(100_000); // in use until here, and so known
  }

  private static Recipe recipe() {
    Pruning pruning = new Pruning(new RandomMask(42, 0.9), Selection.ALL);
    return new Recipe(pruning, Budget.UNIFORM, new InverseKeepRate(), Values.F32);
  }

  private void assertOnlyThePair() throws IOException {
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactlyInAnyOrder(base, tuned);
    }
  }
}
