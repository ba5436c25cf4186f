package io.darex.prune.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Tensor;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.RefusedOutputException;
import io.darex.prune.file.Sha256;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Only a folder that was written here, and holds nothing else, is replaced. */
class WrittenFolderTest {
  private static final Tensor A = Checkpoints.random(1, "a", 1, 3);
  private static final Tensor B = Checkpoints.random(2, "b", 1, 2, 2);
  private static final Map<String, byte[]> EXTRAS = Map.of("spiece.model", new byte[] {1});

  @TempDir Path parent;

  private Path out() {
    return parent.resolve("out");
  }

  private void write(long shardBytes) throws IOException {
    Checkpoint checkpoint = InMemoryCheckpoint.of(List.of(A, B), Optional.of("{}"));
    HuggingFaceFolder.write(
        out(),
        checkpoint,
        EXTRAS,
        OptionalLong.of(shardBytes),
        WriteOptions.defaults().withForce(true));
  }

  /** Paths and contents of all files. */
  private SortedMap<String, String> all() throws IOException {
    SortedMap<String, String> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(parent)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.put(
            parent.relativize(file).toString(),
            Sha256.hex(
                new String(
                    Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1)));
      }
    }
    return all;
  }

  private void assertRefused(String foreign) throws IOException {
    SortedMap<String, String> before = all();
    assertThatThrownBy(() -> write(1000))
        .isInstanceOf(RefusedOutputException.class)
        .hasMessage(
            out()
                + ": expected a folder that darex wrote, got "
                + foreign
                + " in it; nothing was deleted, choose another name or remove it yourself");
    assertThat(all()).isEqualTo(before);
  }

  @Test
  void oursIsReplacedWhole() throws IOException {
    write(12);
    assertThat(out().resolve("model-00002-of-00002.safetensors")).exists();

    write(1000);

    assertThat(all())
        .containsOnlyKeys("out/config.json", "out/model.safetensors", "out/spiece.model");
    Checkpoint checkpoint = Checkpoints.of(A);
    assertThatThrownBy(() -> HuggingFaceFolder.write(out(), checkpoint, Map.of(), false))
        .isInstanceOf(FileAlreadyExistsException.class);
    HuggingFaceFolder.write(out(), checkpoint, Map.of(), true);
    assertThat(all()).containsOnlyKeys("out/model.safetensors");
  }

  @Test
  void anEmptyFolderIsReplaced() throws IOException {
    Files.createDirectory(out());
    write(1000);
    assertThat(out().resolve("config.json")).exists();
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", ".git/config", "checkpoint-5/model.safetensors", "empty/"})
  void whatElseIsThereIsNamedAndEverythingStays(String name) throws IOException {
    write(1000);
    Path foreign = out().resolve(name);
    if (name.endsWith("/")) {
      Files.createDirectory(foreign);
    } else {
      Files.createDirectories(foreign.getParent());
      Files.writeString(foreign, "mine");
    }
    assertRefused(out().relativize(foreign).getName(0).toString());
  }

  @Test
  void aLinkIsNotOurs() throws IOException {
    write(1000);
    Files.delete(out().resolve("config.json"));
    Path victim = Files.writeString(parent.resolve("victim"), "theirs");
    Files.createSymbolicLink(out().resolve("config.json"), victim);
    assertRefused("config.json");
  }

  /** A download has the same names; so has one into which a trainer saved. */
  @Test
  void aModelFromElsewhereIsNotOurs() throws IOException {
    write(1000);
    Safetensors.write(out().resolve("model.safetensors"), List.of(A), Map.of("format", "pt"), true);
    assertRefused("config.json");

    write2();
    Path shard = out().resolve("model-00001-of-00002.safetensors");
    Files.writeString(shard, "no safetensors at all");
    assertRefused("model-00001-of-00002.safetensors");
  }

  private void write2() throws IOException {
    AtomicWrite.delete(out());
    write(12);
  }

  @Test
  void aFileIsNotReplacedByAFolder() throws IOException {
    Files.writeString(out(), "a thesis");
    assertThatThrownBy(() -> write(1000))
        .isInstanceOf(RefusedOutputException.class)
        .hasMessageContaining("expected a folder or none, got a file");
    assertThat(out()).hasContent("a thesis");
  }
}
