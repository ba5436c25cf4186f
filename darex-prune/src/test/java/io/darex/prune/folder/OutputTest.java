package io.darex.prune.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.file.Output;
import io.darex.prune.file.RefusedOutputException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which outputs are refused for their inputs' sake, and for what is there. */
class OutputTest {
  @TempDir Path folder;

  /** A model in {@code models/base}, whose weights lie in a cache, and a file beside it. */
  @BeforeEach
  void writeInputs() throws IOException {
    Path base = Files.createDirectories(folder.resolve("models/base"));
    Files.writeString(base.resolve("config.json"), "{}");
    Path blob = Files.createDirectories(folder.resolve("cache")).resolve("blob");
    Files.writeString(blob, "weights");
    Files.createSymbolicLink(base.resolve("model.safetensors"), blob);
    Files.writeString(folder.resolve("models/delta.safetensors"), "delta");
    Files.createSymbolicLink(folder.resolve("alias"), base);
    Files.createSymbolicLink(folder.resolve("up"), folder.resolve("models"));
  }

  private List<Path> inputs() {
    return List.of(
        folder.resolve("models/base"),
        folder.resolve("models/delta.safetensors"),
        folder.resolve("nowhere"));
  }

  @ParameterizedTest
  @CsvSource({
    "models/base, is",
    "models/delta.safetensors, is",
    "alias, is",
    "up/base, is",
    "models/../models/./base, is",
    "up/../models/base, is",
    "new/../models/base, is",
    "models/base/new/../../base, is",
    "models/base/model.safetensors, is",
    "cache/blob, is",
    "cache, contains",
    "models, contains",
    "up, contains",
    ".., contains",
    "models/base/config.json, lies inside",
    "models/base/new.safetensors, lies inside",
    "alias/deep/new, lies inside"
  })
  void isContainsOrLiesInsideAnInput(String out, String relation) throws IOException {
    Path path = folder.resolve(out);
    for (Path named :
        List.of(path, Path.of("").toAbsolutePath().relativize(path.toAbsolutePath()))) {
      assertThatThrownBy(() -> Output.requireApart(named, inputs()))
          .isInstanceOf(RefusedOutputException.class)
          .hasMessageStartingWith(named + ": the output " + relation + " the input " + folder)
          .hasMessageEndingWith("; choose another place for it");
      assertThatThrownBy(() -> Output.requireFile(named, true, inputs()))
          .isInstanceOf(RefusedOutputException.class);
      assertThatThrownBy(() -> WrittenFolder.require(named, true, inputs()))
          .isInstanceOf(RefusedOutputException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"models/base2", "models/new.safetensors", "cache/other", "new/models/base"})
  void anythingElseIsApart(String out) throws IOException {
    Output.requireFile(folder.resolve(out), false, inputs());
    WrittenFolder.require(folder.resolve(out), false, inputs());
  }

  @Test
  void aHardLinkToAnInputIsTheInput() throws IOException {
    Path link = Files.createLink(folder.resolve("same"), folder.resolve("cache/blob"));

    assertThatThrownBy(() -> Output.requireFile(link, true, inputs()))
        .isInstanceOf(RefusedOutputException.class)
        .hasMessageContaining("is the input");
  }

  @Test
  void onlyAFileTakesThePlaceOfAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nothing"));

    Output.requireFile(file, true, List.of());
    assertThatThrownBy(() -> Output.requireFile(file, false, List.of()))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThatThrownBy(() -> Output.requireFile(link, true, List.of()))
        .isInstanceOf(RefusedOutputException.class)
        .hasMessageContaining("expected a file or none, got a symbolic link");
    assertThatThrownBy(() -> Output.requireFile(folder.resolve("cache"), true, List.of()))
        .isInstanceOf(RefusedOutputException.class)
        .hasMessageContaining("expected a file or none, got a folder");
    assertThatThrownBy(() -> WrittenFolder.require(file, true, List.of()))
        .isInstanceOf(RefusedOutputException.class)
        .hasMessageContaining("expected a folder or none, got a file");
    assertThatThrownBy(() -> WrittenFolder.require(folder.resolve("up"), true, List.of()))
        .isInstanceOf(RefusedOutputException.class)
        .hasMessageContaining("expected a folder or none, got a symbolic link");
    assertThat(file).hasContent("old");
  }
}
