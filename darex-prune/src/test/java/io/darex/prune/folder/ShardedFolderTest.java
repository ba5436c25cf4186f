package io.darex.prune.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.DType;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.Watched;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.ConvertedTensor;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardedFolderTest {
  private static final OptionalLong FORTY_BYTES = OptionalLong.of(40);
  private static final String INDEX = "model.safetensors.index.json";
  private static final String FIRST = "model-00001-of-00004.safetensors";
  private static final String SECOND = "model-00002-of-00004.safetensors";
  private static final String THIRD = "model-00003-of-00004.safetensors";
  private static final String FOURTH = "model-00004-of-00004.safetensors";
  private static final Map<String, byte[]> EXTRAS =
      Map.of("tokenizer.json", "{}".getBytes(StandardCharsets.UTF_8));

  @TempDir Path parent;
  private Path folder;

  /** With forty bytes a shard: a and b fill one, c is too large for any, d is on its own, e, f. */
  private final List<Tensor> tensors =
      List.of(
          Checkpoints.random(6, "f", 1),
          Checkpoints.random(1, "a", 1, 5),
          Checkpoints.random(2, "b", 1, 5),
          Checkpoints.random(3, "c", 1, 11),
          Checkpoints.random(4, "d", 1, 8),
          Checkpoints.random(5, "e", 1, 2, 1));

  private final List<String> asked = new ArrayList<>();

  @BeforeEach
  void folder() {
    folder = parent.resolve("out");
  }

  @Test
  void namesFilesAndIndexAsHuggingFaceDoes() throws IOException {
    AtomicLong bytes = new AtomicLong();
    write(WriteOptions.defaults().withBytesDone(bytes::addAndGet), "none");
    assertThat(files(folder))
        .containsExactly("config.json", FIRST, SECOND, THIRD, FOURTH, INDEX, "tokenizer.json");
    JsonNode index = JsonMapper.builder().build().readTree(Files.readString(folder.resolve(INDEX)));
    assertThat(index)
        .isEqualTo(
            JsonMapper.builder()
                .build()
                .readTree(
                    """
                    {"metadata": {"total_size": 128}, "weight_map": {
                      "a": "model-00001-of-00004.safetensors",
                      "b": "model-00001-of-00004.safetensors",
                      "c": "model-00002-of-00004.safetensors",
                      "d": "model-00003-of-00004.safetensors",
                      "e": "model-00003-of-00004.safetensors",
                      "f": "model-00004-of-00004.safetensors"}}
                    """));
    assertThat(Safetensors.open(folder.resolve(SECOND)).metadata())
        .containsEntry("format", "pt")
        .containsEntry(
            "darex.files",
            "[\"config.json\",\"model-00001-of-00004.safetensors\","
                + "\"model-00002-of-00004.safetensors\",\"model-00003-of-00004.safetensors\","
                + "\"model-00004-of-00004.safetensors\",\"model.safetensors.index.json\","
                + "\"tokenizer.json\"]");
    assertThat(bytes).hasValue(128);
    assertThat(files(parent)).containsExactly("out");
  }

  @Test
  void isTheSameCheckpointInAnyShards() throws IOException {
    String digest = CheckpointDigest.of(tensors);
    for (long most : new long[] {1, 4, 39, 40, 41, 127, 128, Long.MAX_VALUE}) {
      HuggingFaceFolder.write(
          folder,
          checkpoint("none"),
          EXTRAS,
          OptionalLong.of(most),
          WriteOptions.defaults().withForce(true));
      assertThat(CheckpointDigest.of(HuggingFaceFolder.open(folder))).isEqualTo(digest);
      assertThat(Files.exists(folder.resolve(INDEX))).isEqualTo(most < 128);
      assertThat(Files.exists(folder.resolve("model.safetensors"))).isEqualTo(most >= 128);
      assertThat(files(parent)).containsExactly("out");
    }
    assertThatIllegalArgumentException().isThrownBy(() -> Shards.of(tensors, 0));
  }

  @Test
  void keepsFinishedShardsWhenContinued() throws IOException {
    WriteOptions options = WriteOptions.defaults().withThreads(1).withIdentity("inputs");
    assertThatIOException()
        .isThrownBy(() -> write(options, "e"))
        .withMessage(
            folder
                + ": could not be written: plug pulled; what is done is kept,"
                + " and running again continues");
    assertThat(folder).doesNotExist();
    assertThat(files(parent.resolve(".out.partial"))).contains(FIRST, SECOND).doesNotContain(THIRD);
    asked.clear();
    AtomicLong bytes = new AtomicLong();
    write(options.withBytesDone(bytes::addAndGet).withBytesFound(bytes::addAndGet), "none");
    assertThat(asked).containsExactlyInAnyOrder("d", "e", "f");
    assertThat(bytes).hasValue(128);
    assertThat(CheckpointDigest.of(HuggingFaceFolder.open(folder)))
        .isEqualTo(CheckpointDigest.of(tensors));
    assertThat(files(folder)).hasSize(7);
    assertThat(files(parent)).containsExactly("out");
  }

  @Test
  void startsOverForOtherWork() throws IOException {
    WriteOptions options = WriteOptions.defaults().withThreads(1).withIdentity("inputs");
    for (WriteOptions other :
        List.of(options.withIdentity("other inputs"), WriteOptions.defaults())) {
      assertThatThrownBy(() -> write(options, "f")).hasMessageContaining("plug pulled");
      asked.clear();
      write(other.withForce(true), "none");
      assertThat(asked).containsExactlyInAnyOrder("a", "b", "c", "d", "e", "f");
      assertThat(files(folder)).hasSize(7);
      assertThat(files(parent)).containsExactly("out");
      AtomicWrite.delete(folder);
    }
  }

  @Test
  void leavesNothingOfBadInputAndTheOldFolderAsItWas() throws IOException {
    write(WriteOptions.defaults(), "none");
    Tensor bad = new FloatTensor("g", new long[] {1}, new float[] {Float.NaN});
    assertThatThrownBy(
            () ->
                HuggingFaceFolder.write(
                    folder,
                    Checkpoints.of(tensors.get(0), ConvertedTensor.of(bad, DType.BF16)),
                    EXTRAS,
                    OptionalLong.of(1),
                    WriteOptions.defaults().withForce(true).withIdentity("inputs")))
        .isInstanceOf(NonFiniteException.class);
    assertThat(files(parent)).containsExactly("out");
    assertThat(CheckpointDigest.of(HuggingFaceFolder.open(folder)))
        .isEqualTo(CheckpointDigest.of(tensors));
  }

  private void write(WriteOptions options, String failing) throws IOException {
    HuggingFaceFolder.write(folder, checkpoint(failing), EXTRAS, FORTY_BYTES, options);
  }

  private Checkpoint checkpoint(String failing) {
    return InMemoryCheckpoint.of(
        tensors.stream()
            .map(
                tensor ->
                    new Watched(
                        tensor,
                        from -> {
                          if (tensor.name().equals(failing)) {
                            throw new UncheckedIOException(new IOException("plug pulled"));
                          }
                          synchronized (asked) {
                            asked.add(tensor.name());
                          }
                        }))
            .toList(),
        Optional.of("{}"));
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
