package io.darex.prune.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.darex.prune.Checkpoints;
import io.darex.prune.Tensor;
import io.darex.prune.file.Watched;
import io.darex.prune.file.WriteOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is really full: a file system of one megabyte in memory, which only root can have.
 */
class DiskFullTest {
  @TempDir Path folder;
  private Path disk;
  private boolean mounted;

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectory(folder.resolve("disk"));
    mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString());
    assumeTrue(mounted, "skipped: only root on Linux can mount a small file system");
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      // Lazily, as mappings of its files last until they are collected as garbage.
      assertThat(run("umount", "--lazy", disk.toString())).isTrue();
    }
  }

  @Test
  void keepsWhatIsDoneSaysSoAndContinues() throws IOException {
    Path ballast = Files.write(disk.resolve("ballast"), new byte[500_000]);
    Path target = disk.resolve("out.safetensors");
    AtomicInteger computed = new AtomicInteger();
    assertThatIOException()
        .isThrownBy(() -> write(target, computed))
        .withMessage(
            target
                + ": could not be written: the disk is full; what is done is kept, and running"
                + " again continues");
    assertThat(target).doesNotExist();
    assertThat(computed.getAndSet(0)).isBetween(3, 7);
    Files.delete(ballast);
    write(target, computed);
    assertThat(computed.get()).as("pieces computed again").isBetween(1, 6);
    Path elsewhere = folder.resolve("elsewhere");
    write(elsewhere, computed);
    assertThat(target).hasSameBinaryContentAs(elsewhere);
    try (Stream<Path> left = Files.list(disk)) {
      assertThat(left).containsExactly(target);
    }
  }

  /** Eight pieces of 100 kB. */
  private static void write(Path target, AtomicInteger computed) throws IOException {
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      tensors.add(
          new Watched(
              Checkpoints.random(i, "t" + i, 1, 25_000), from -> computed.incrementAndGet()));
    }
    WriteOptions options = WriteOptions.defaults().withThreads(1).withIdentity("inputs");
    SafetensorsWriter.write(target, tensors, Map.of(), options, Seal.NONE, Duration.ZERO);
  }

  private static boolean run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
