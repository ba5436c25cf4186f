package io.darex.prune.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicWriteTest {
  private static final Contents OURS = Contents.none().file("x").file("y");

  @TempDir Path folder;

  @Test
  void aFailedFileLeavesTheOldOneAndNothingElse() throws IOException {
    Path target = Files.writeString(folder.resolve("f"), "old");
    assertThatThrownBy(
            () ->
                AtomicWrite.file(
                    target,
                    true,
                    temporary -> {
                      Files.writeString(temporary, "half");
                      throw new IOException("disk full");
                    }))
        .hasMessage("disk full");
    assertThat(target).hasContent("old");
    assertThat(folder).isDirectoryNotContaining("glob:**/.*");
    AtomicWrite.file(target, true, temporary -> Files.writeString(temporary, "new"));
    assertThat(target).hasContent("new");
    assertThat(list(folder)).hasSize(1);
  }

  @Test
  void aFailedFolderLeavesTheOldOneAndNothingElse() throws IOException {
    Path target = folder.resolve("deep/d");
    AtomicWrite.folder(target, false, any -> OURS, t -> Files.writeString(t.resolve("x"), "old"));
    assertThatThrownBy(
            () ->
                AtomicWrite.folder(
                    target,
                    true,
                    any -> OURS,
                    temporary -> {
                      Files.writeString(temporary.resolve("y"), "half");
                      throw new IOException("disk full");
                    }))
        .hasMessage("disk full");
    assertThat(target.resolve("x")).hasContent("old");
    assertThat(list(folder.resolve("deep"))).containsExactly(target);
    AtomicWrite.folder(target, true, any -> OURS, t -> Files.writeString(t.resolve("y"), "new"));
    assertThat(list(target)).containsExactly(target.resolve("y"));
    assertThat(list(folder.resolve("deep"))).containsExactly(target);
  }

  @Test
  void existingOutputsNeedForceAndTheContentIsNotEvenAskedFor() throws IOException {
    Path target = Files.writeString(folder.resolve("f"), "old");
    AtomicWrite.Content content =
        temporary -> {
          throw new AssertionError("asked for content");
        };
    assertThatThrownBy(() -> AtomicWrite.file(target, false, content))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThatThrownBy(() -> AtomicWrite.folder(target, false, any -> OURS, content))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.toList();
    }
  }
}
