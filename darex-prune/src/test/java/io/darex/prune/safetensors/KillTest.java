package io.darex.prune.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} at any moment: no broken output, and what was done is not done again. */
class KillTest {
  private static final int KILLS = 20;

  @TempDir Path folder;

  @Test
  void twentyKillsLeaveNoBrokenFileAndLittleToDoAgain() throws Exception {
    Path undisturbed = folder.resolve("undisturbed");
    KilledWriter.write(undisturbed, name -> {});
    byte[] expected = Files.readAllBytes(undisturbed);
    Files.delete(undisturbed);

    Path target = folder.resolve("killed.safetensors");
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    int reused = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      String when = "seed " + seed + ", kill " + kill;
      Set<String> noted = noted(target);
      Path said = folder.resolve("said");
      Process writer = start(target, said, 6);
      // From before its first piece to past its end, however slow the machine is.
      awaitLines(writer, said, random.nextInt(-20, KilledWriter.TENSORS + 20));
      writer.waitFor(random.nextLong(50), TimeUnit.MILLISECONDS);
      writer.destroyForcibly().waitFor();
      Set<String> computed = new TreeSet<>(Files.readAllLines(said));
      if (!computed.isEmpty()) {
        assertThat(computed).as(when).filteredOn(noted::contains).isEmpty();
        reused += noted.size();
      }
      if (Files.exists(target)) {
        assertThat(target).as(when).hasBinaryContent(expected);
        Files.delete(target);
      }
    }
    assertThat(reused).as("pieces reused, seed " + seed).isPositive();
    KilledWriter.write(target, name -> {});
    assertThat(target).as("seed " + seed).hasBinaryContent(expected);
    Files.delete(folder.resolve("said"));
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(target);
    }
    System.out.println(KILLS + " kills, " + reused + " pieces reused, seed " + seed);
  }

  @Test
  void anotherProcessAtWorkKeepsTheTargetToItself() throws Exception {
    Path target = folder.resolve("wanted.safetensors");
    Path said = folder.resolve("said");
    Process writer = start(target, said, 200);
    try {
      while (writer.isAlive() && Files.size(said) == 0) {
        Thread.sleep(10);
      }
      assertThatIOException()
          .isThrownBy(() -> KilledWriter.write(target, name -> {}))
          .withMessageContaining("wanted.safetensors: someone else is writing it just now");
    } finally {
      writer.destroyForcibly().waitFor();
    }
    KilledWriter.write(target, name -> {});
    assertThat(Safetensors.open(target).tensors()).hasSize(KilledWriter.TENSORS);
  }

  /** Until so many lines are written, or the writer has ended. */
  private static void awaitLines(Process writer, Path said, int lines) throws Exception {
    while (writer.isAlive() && Files.readAllLines(said).size() < lines) {
      Thread.sleep(2);
    }
  }

  private Process start(Path target, Path said, long millisEach) throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                KilledWriter.class.getName(),
                target.toString(),
                Long.toString(millisEach)))
        .redirectOutput(said.toFile())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** The tensors that the journal says are written; its last line may be torn. */
  private static Set<String> noted(Path target) throws IOException {
    Path journal = target.resolveSibling("." + target.getFileName() + ".partial.journal");
    Set<String> names = new TreeSet<>();
    if (Files.exists(journal)) {
      String text = Files.readString(journal);
      text.substring(0, text.lastIndexOf('\n') + 1)
          .lines()
          .skip(1)
          .forEach(
              line ->
                  names.add(
                      KilledWriter.name(Integer.parseInt(line.substring(0, line.indexOf(' '))))));
    }
    return names;
  }
}
