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
import java.nio.charset.StandardCharsets;
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
import org.junit.jupiter.params.provider.CsvSource;
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

  /** As written it goes with the folder; with a word of somebody else in it, it is his. */
  @Test
  void aCardIsOursUntilItIsEdited() throws IOException {
    ModelCard card =
        new ModelCard(
            "A `title` | <!-- x",
            Optional.of("base \"of\" me"),
            Optional.of("mit"),
            List.of(Map.entry("metric", "0.9")),
            List.of("darex run\nrm -rf"));
    Map<String, byte[]> files = Map.of(ModelCard.FILE, card.text());
    HuggingFaceFolder.write(out(), Checkpoints.of(A), files, false);
    HuggingFaceFolder.write(out(), Checkpoints.of(A), files, true);
    Path readme = out().resolve(ModelCard.FILE);
    assertThat(readme)
        .content()
        .startsWith("---\nbase_model: \"base \\\"of\\\" me\"\nlicense: mit\ntags:\n- darex\n---\n")
        .contains(
            "# A 'title' \\| &lt;!-- x\n", "| metric | 0.9 |\n", "\ndarex run\\u000arm -rf\n");
    assertThat(ModelCard.licence(files)).contains("mit");

    Files.writeString(readme, Files.readString(readme).replace("0.9", "0.95"));
    assertRefused(ModelCard.FILE);
    HuggingFaceFolder.write(
        parent.resolve("other"), Checkpoints.of(A), Map.of(ModelCard.FILE, bytes("mine")), false);
    assertThat(WrittenFolder.contents(parent.resolve("other")).foreign(parent.resolve("other")))
        .as("a README.md that went with a model is written again")
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "---/license: apache-2.0/---/x| apache-2.0",
        "---/base_model: x/license: mit /---/| mit",
        "---/base_model: x/---/license: mit/|",
        "license: mit/---/|",
        "---/license: [a, b]/---/|"
      })
  void readsTheLicenceOfACard(String text, String licence) {
    assertThat(ModelCard.licence(Map.of(ModelCard.FILE, bytes(text.replace('/', '\n')))))
        .isEqualTo(Optional.ofNullable(licence));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
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
