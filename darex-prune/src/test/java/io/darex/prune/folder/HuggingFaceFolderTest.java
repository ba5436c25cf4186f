package io.darex.prune.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Tensor;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HuggingFaceFolderTest {
  private static final String INDEX = "model.safetensors.index.json";

  @TempDir Path folder;
  private final Tensor a = Checkpoints.random(1, "a", 1, 3);
  private final Tensor b = Checkpoints.random(2, "b", 1, 2, 2);

  @Test
  void givesBackWhatWasWritten() throws IOException {
    Path out = folder.resolve("out");
    Checkpoint checkpoint = InMemoryCheckpoint.of(List.of(a, b), Optional.of("{\"x\":1}"));
    byte[] tokenizer = "{}".getBytes(StandardCharsets.UTF_8);
    HuggingFaceFolder.write(out, checkpoint, Map.of("tokenizer.json", tokenizer), false);
    Checkpoint read = HuggingFaceFolder.open(out);
    assertThat(read.config()).contains("{\"x\":1}");
    assertThat(CheckpointDigest.of(read)).isEqualTo(CheckpointDigest.of(checkpoint));
    assertThat(out.resolve("tokenizer.json")).hasBinaryContent(tokenizer);
    assertThat(Safetensors.open(out.resolve("model.safetensors")).metadata())
        .containsEntry("format", "pt");
    assertThat(HuggingFaceFolder.open(out.resolve("model.safetensors")).config()).isEmpty();
  }

  @Test
  void readsShardsAsOneCheckpoint() throws IOException {
    shards("{\"a\":\"1.safetensors\",\"b\":\"2.safetensors\"}");
    Checkpoint read = HuggingFaceFolder.open(folder);
    assertThat(read.tensors()).containsOnlyKeys("a", "b");
    assertThat(CheckpointDigest.of(read)).isEqualTo(CheckpointDigest.of(Checkpoints.of(a, b)));
  }

  @Test
  void namesTheFaultOfAnIndex() throws IOException {
    assertFault("{\"a\":\"1.safetensors\",\"b\":\"1.safetensors\"}", "tensor b, as model.");
    assertFault("{\"b\":\"1.safetensors\"}", "only the tensors that model.");
    assertFault("{\"a\":\"../1.safetensors\"}", "a file name NAME.safetensors for tensor a");
    assertFault("{\"a\":\"..\\\\1.safetensors\"}", "a file name NAME.safetensors for tensor a");
    // A line end does not end the look for a way out of the folder.
    assertFault("{\"a\":\"x\\n/../1.safetensors\"}", "a file name NAME.safetensors for tensor a");
    assertFault("{\"a\":\"x\\u0000.safetensors\"}", "a file name NAME.safetensors for tensor a");
    assertFault("{\"a\":\"x\",\"a\":\"y\"}", "Duplicate");
    assertFault("[]", "an object weight_map");
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    assertThatThrownBy(() -> HuggingFaceFolder.open(folder.resolve("nowhere")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("no checkpoint there");
    assertThatThrownBy(() -> HuggingFaceFolder.open(folder))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("neither model.safetensors nor");
  }

  private void assertFault(String weightMap, String message) throws IOException {
    shards(weightMap);
    assertThatThrownBy(() -> HuggingFaceFolder.open(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining(message);
  }

  private void shards(String weightMap) throws IOException {
    Safetensors.write(folder.resolve("1.safetensors"), List.of(a), Map.of(), true);
    Safetensors.write(folder.resolve("2.safetensors"), List.of(b), Map.of(), true);
    Files.writeString(folder.resolve(INDEX), "{\"weight_map\":" + weightMap + "}");
  }
}
