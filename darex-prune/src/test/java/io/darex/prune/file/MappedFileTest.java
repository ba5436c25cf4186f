package io.darex.prune.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFileTest {
  private static final int COPIED = 64 << 20;

  @TempDir private Path folder;

  /** A file of so many bytes, whose last float is 1; none of the others takes space on the disk. */
  private Path file(long size) throws IOException {
    Path file = folder.resolve("file");
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.setLength(size);
    }
    writeLast(file, size, 1);
    return file;
  }

  private static void writeLast(Path file, long size, float value) throws IOException {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.seek(size - Float.BYTES);
      access.writeInt(Integer.reverseBytes(Float.floatToIntBits(value)));
    }
  }

  @Test
  void aCopyDoesNotSeeWhatTheFileBecomes() throws IOException {
    for (long size : new long[] {8, COPIED}) {
      Path file = file(size);
      MappedFile copy = MappedFile.copy(file);
      assertThat(copy.size()).isEqualTo(size);
      writeLast(file, size, 2);
      assertThat(copy.f32(size - Float.BYTES)).isEqualTo(1);
      assertThat(copy.slice(size - Float.BYTES, Float.BYTES).getFloat()).isEqualTo(1);
      assertThat(MappedFile.open(file).f32(size - Float.BYTES)).isEqualTo(2);
    }
  }

  @Test
  void aLargerFileIsMapped() throws IOException {
    long size = COPIED + 4;
    Path file = file(size);
    MappedFile mapped = MappedFile.copy(file);
    writeLast(file, size, 2);
    assertThat(mapped.f32(size - Float.BYTES)).isEqualTo(2);
  }

  @Test
  void refusesWhatIsNoFile() {
    assertThatThrownBy(() -> MappedFile.copy(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessage(folder + ": expected a file, got a folder");
    assertThatThrownBy(() -> MappedFile.copy(Path.of("/dev/null")))
        .isInstanceOf(MalformedFileException.class)
        .hasMessage("/dev/null: expected a file, got a device or a pipe");
    assertThatThrownBy(() -> MappedFile.copy(folder.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
  }
}
