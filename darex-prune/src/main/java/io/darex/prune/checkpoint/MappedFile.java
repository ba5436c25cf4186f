package io.darex.prune.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file of any size, mapped read-only. One mapping holds less than 2 GiB, so there is one each GiB
 * and each reaches as far as it may: whatever is at most 1 GiB long lies in one mapping. The
 * mappings end with the garbage collector, as Java 17 has no other way.
 */
final class MappedFile {
  private static final int STEP_BITS = 30;
  private static final int STEP = 1 << STEP_BITS;

  private final Path path;
  private final long size;
  private final ByteBuffer[] windows;

  private MappedFile(Path path, long size, ByteBuffer[] windows) {
    this.path = path;
    this.size = size;
    this.windows = windows;
  }

  static MappedFile open(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      ByteBuffer[] windows = new ByteBuffer[Math.toIntExact((size + STEP - 1) >>> STEP_BITS)];
      for (int i = 0; i < windows.length; i++) {
        long start = (long) i << STEP_BITS;
        windows[i] =
            channel
                .map(MapMode.READ_ONLY, start, Math.min(Integer.MAX_VALUE, size - start))
                .order(ByteOrder.LITTLE_ENDIAN);
      }
      return new MappedFile(path, size, windows);
    }
  }

  /** Bytes in memory that stand for a file; at most 1 GiB. */
  static MappedFile of(Path path, ByteBuffer bytes) {
    return new MappedFile(path, bytes.remaining(), new ByteBuffer[] {bytes});
  }

  Path path() {
    return path;
  }

  long size() {
    return size;
  }

  float f32(long offset) {
    return windows[(int) (offset >>> STEP_BITS)].getFloat((int) offset & (STEP - 1));
  }

  short i16(long offset) {
    return windows[(int) (offset >>> STEP_BITS)].getShort((int) offset & (STEP - 1));
  }

  /**
   * Little-endian bytes {@code [offset, offset + length)}, length at most 1 GiB, without copying.
   */
  ByteBuffer slice(long offset, int length) {
    if (length > STEP) {
      throw new IllegalArgumentException("at most 1 GiB at a time, got " + length + " bytes");
    }
    if (length == 0) {
      return ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
    }
    return windows[(int) (offset >>> STEP_BITS)]
        .slice((int) offset & (STEP - 1), length)
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
