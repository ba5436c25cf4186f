package io.darex.prune.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoints;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.safetensors.SafetensorsWriter;
import io.darex.prune.safetensors.Seal;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Names of unfinished outputs can be foreseen: what others put there is neither followed nor lost.
 */
class PlantedFilesTest {
  private static final WriteOptions OPTIONS = WriteOptions.defaults().withIdentity("inputs");

  @TempDir Path folder;
  private Path target;
  private Path partial;
  private Path journal;
  private Path victim;

  @BeforeEach
  void name() throws IOException {
    target = folder.resolve("out.safetensors");
    partial = folder.resolve(".out.safetensors.partial");
    journal = folder.resolve(".out.safetensors.partial.journal");
    victim = Files.writeString(folder.resolve("victim"), "theirs");
  }

  private void write() throws IOException {
    SafetensorsWriter.write(
        target, List.of(Checkpoints.random(1, "a", 1, 300)), Map.of(), OPTIONS, Seal.NONE);
  }

  private void writeFolder() throws IOException {
    HuggingFaceFolder.write(
        target,
        InMemoryCheckpoint.of(List.of(Checkpoints.random(1, "a", 1, 300)), Optional.of("{}")),
        Map.of(),
        java.util.OptionalLong.empty(),
        OPTIONS);
  }

  private void assertRefused(Path planted, String found) {
    for (boolean whole : new boolean[] {false, true}) {
      assertThatThrownBy(
              () -> {
                if (whole) {
                  writeFolder();
                } else {
                  write();
                }
              })
          .isInstanceOf(RefusedOutputException.class)
          .hasMessageStartingWith(planted.toString())
          .hasMessageContaining("got " + found)
          .hasMessageContaining("remove it");
      assertThat(target).doesNotExist();
      assertThat(victim).hasContent("theirs");
    }
  }

  private void earlierRun() throws IOException {
    Files.writeString(journal, "darex journal 1 something else\n0 00000000\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"victim", "nothing"})
  void aLinkAsJournalIsRefused(String to) throws IOException {
    Files.createSymbolicLink(journal, folder.resolve(to));
    assertRefused(journal, "a symbolic link");
    assertThat(folder.resolve("nothing")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"victim", "nothing", "."})
  void aLinkAsPartialIsRefused(String to) throws IOException {
    earlierRun();
    Files.createSymbolicLink(partial, folder.resolve(to));
    assertRefused(partial, "a symbolic link");
    assertThat(folder.resolve("nothing")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"victim", "nothing"})
  void aLinkWithoutAJournalIsRefusedAndNoJournalStays(String to) throws IOException {
    Files.createSymbolicLink(partial, folder.resolve(to));
    assertRefused(partial, "a symbolic link without its journal");
    assertThat(journal).doesNotExist();
    assertThat(folder.resolve("nothing")).doesNotExist();
  }

  @Test
  void aHardLinkIsRefused() throws IOException {
    earlierRun();
    Files.createLink(partial, victim);
    assertRefused(partial, "a file with another name besides");
    Files.delete(partial);
    Files.delete(journal);
    Path empty = Files.createFile(folder.resolve("empty"));
    Files.createLink(journal, empty);
    assertRefused(journal, "a file with another name besides");
    assertThat(empty).isEmptyFile();
  }

  @Test
  void othersFilesStay() throws IOException {
    Files.writeString(partial, "mine");
    assertRefused(partial, "a file without its journal");
    assertThat(partial).hasContent("mine");
    Files.delete(partial);
    Files.createDirectories(partial.resolve("deep"));
    assertRefused(partial, "a folder without its journal");
    Files.writeString(journal, "my diary");
    assertRefused(journal, "another text");
    assertThat(journal).hasContent("my diary");
    Files.delete(journal);
    Files.createDirectory(journal);
    assertRefused(journal, "a folder");
  }

  @Test
  void aLinkWithinAnUnfinishedFolderIsRefused() throws IOException {
    earlierRun();
    Files.createDirectory(partial);
    Files.createSymbolicLink(partial.resolve("config.json"), victim);
    assertRefused(partial.resolve("config.json"), "a symbolic link");
  }

  /**
   * What a run of ours leaves when it is killed before its first line, or in the power's failing.
   */
  @ParameterizedTest
  @ValueSource(strings = {"", "dar", "darex journal 1 of another job\n", "\0\0\0"})
  void whatIsOursIsReplaced(String text) throws IOException {
    Files.writeString(journal, text);
    Files.writeString(partial, "half");
    write();
    assertThat(Safetensors.open(target).tensors()).containsOnlyKeys("a");
    assertThat(partial).doesNotExist();
    assertThat(journal).doesNotExist();
  }
}
