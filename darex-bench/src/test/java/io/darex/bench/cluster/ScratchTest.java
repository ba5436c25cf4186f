package io.darex.bench.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchTest {
  @TempDir Path parent;

  @Test
  void whatKilledProcessesLeftIsDeletedAndNothingElse() throws IOException {
    Path abandoned = folder("darex-spark-1");
    Files.createFile(abandoned.resolve("lock"));
    Path begun = folder("darex-spark-2"); // no lock yet
    Path old = folder("darex-spark-5");
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
    Path foreign = folder("spark-3");
    Files.createFile(foreign.resolve("lock"));
    Path victim = folder("victim");
    Files.createFile(victim.resolve("lock"));
    Path link = Files.createSymbolicLink(parent.resolve("darex-spark-4"), victim);

    try (Scratch first = Scratch.in(parent);
        Scratch second = Scratch.in(parent)) {
      assertThat(abandoned).doesNotExist();
      assertThat(old).doesNotExist();
      assertThat(begun.resolve("blockmgr/file")).exists();
      assertThat(foreign.resolve("blockmgr/file")).exists();
      assertThat(victim.resolve("blockmgr/file")).exists();
      assertThat(link).isSymbolicLink();
      assertThat(first.folder()).isNotEqualTo(second.folder()).isDirectory();
      Files.createFile(first.folder().resolve("block"));
    }
    try (var left = Files.list(parent)) {
      assertThat(left).containsExactlyInAnyOrder(begun, foreign, victim, link);
    }
  }

  private Path folder(String name) throws IOException {
    Path folder = Files.createDirectories(parent.resolve(name));
    Files.createDirectories(folder.resolve("blockmgr"));
    Files.createFile(folder.resolve("blockmgr/file"));
    return folder;
  }
}
