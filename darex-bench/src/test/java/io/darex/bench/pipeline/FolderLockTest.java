package io.darex.bench.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.file.RefusedOutputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderLockTest {
  @TempDir private Path parent;

  /** The other process: takes the folder, says so, and waits to be killed. */
  static final class Holder {
    public static void main(String[] arguments) throws Exception {
      FolderLock.of(Path.of(arguments[0]));
      System.out.println("held");
      Thread.currentThread().join();
    }
  }

  @Test
  void theSecondIsToldWhoHoldsItUntilThatEnds() throws Exception {
    Path folder = parent.resolve("run");
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Holder.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said =
        new BufferedReader(
            new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(said.readLine()).isEqualTo("held");
      String host = FolderLock.self().replaceFirst(".* on ", "");
      assertThatThrownBy(() -> FolderLock.of(folder))
          .isInstanceOf(RefusedOutputException.class)
          .hasMessage(
              folder
                  + ": expected a folder at rest, got process "
                  + holder.pid()
                  + " on "
                  + host
                  + " at work in it; wait for its end, or name another folder");
    } finally {
      holder.destroyForcibly().waitFor();
    }
    FolderLock.of(folder).close();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void oneProcessHoldsItOnceAndLeavesNothing() throws IOException {
    Path folder = parent.resolve("run");
    try (FolderLock lock = FolderLock.of(folder)) {
      assertThat(lock.folder()).isEqualTo(folder);
      assertThatThrownBy(() -> FolderLock.of(folder))
          .isInstanceOf(RefusedOutputException.class)
          .hasMessageContaining(FolderLock.self());
    }
    assertThat(folder).doesNotExist();
    FolderLock.of(parent).close();
    assertThat(parent).isEmptyDirectory();
  }

  @Test
  void aLinkIsNotFollowed() throws IOException {
    Path victim = Files.writeString(parent.resolve("victim"), "theirs");
    Files.createSymbolicLink(parent.resolve(FolderLock.FILE), victim);
    assertThatThrownBy(() -> FolderLock.of(parent))
        .isInstanceOf(RefusedOutputException.class)
        .hasMessageContaining("got a symbolic link");
    assertThat(victim).hasContent("theirs");
  }
}
