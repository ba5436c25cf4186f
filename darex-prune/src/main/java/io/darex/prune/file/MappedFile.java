package io.darex.prune.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * A file of any size, mapped read-only. One mapping holds less than 2 GiB, so there is one each GiB
 * and each reaches as far as it may: whatever is at most 1 GiB long lies in one mapping. The
 * mappings end with the garbage collector, as Java 17 has no other way.
 */
public final class MappedFile {
  private static final int STEP_BITS = 30;
  private static final int STEP = 1 << STEP_BITS;

  /** The most that {@link #copy} takes into memory. */
  private static final int COPIED = 1 << 26;

  /** Those in use, to say which of them it was when one breaks. */
  private static final Set<MappedFile> OPEN =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  private final Path path;
  private final long size;
  private final ByteBuffer[] windows;

  private MappedFile(Path path, long size, ByteBuffer[] windows) {
    this.path = path;
    this.size = size;
    this.windows = windows;
  }

  /**
   * Maps a file.
   *
   * @throws IOException as {@link InputFile#requireReadable} does
   * @throws MalformedFileException if it is a device or a pipe, which cannot be mapped
   */
  public static MappedFile open(Path path) throws IOException {
    requireFile(path);
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
      MappedFile file = new MappedFile(path, size, windows);
      OPEN.add(file);
      return file;
    }
  }

  /**
   * Copies a file of at most 64 MiB into memory, and maps a larger one: for processes that open
   * many files in turn, and whose memory would otherwise hold each until the garbage collector
   * comes by. What another program does to the file later is not seen.
   *
   * @throws IOException as {@link #open}
   */
  public static MappedFile copy(Path path) throws IOException {
    requireFile(path);
    if (Files.size(path) > COPIED) {
      return open(path);
    }
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path));
    return of(path, bytes.order(ByteOrder.LITTLE_ENDIAN));
  }

  private static void requireFile(Path path) throws IOException {
    InputFile.requireReadable(path);
    if (!Files.isRegularFile(path)) {
      throw new MalformedFileException(path, "a file", "a device or a pipe");
    }
  }

  /**
   * A file that has become shorter than it was when it was mapped. Java answers an access behind
   * its new end with an {@link InternalError}, some time later and without a name.
   */
  static Optional<Path> cutShort() {
    synchronized (OPEN) {
      return OPEN.stream().filter(MappedFile::isCutShort).map(MappedFile::path).findFirst();
    }
  }

  private boolean isCutShort() {
    try {
      return Files.size(path) < size;
    } catch (IOException e) {
      return false;
    }
  }

  /** Bytes in memory that stand for a file; at most 1 GiB. */
  public static MappedFile of(Path path, ByteBuffer bytes) {
    return new MappedFile(path, bytes.remaining(), new ByteBuffer[] {bytes});
  }

  public Path path() {
    return path;
  }

  public long size() {
    return size;
  }

  public float f32(long offset) {
    return windows[(int) (offset >>> STEP_BITS)].getFloat((int) offset & (STEP - 1));
  }

  public short i16(long offset) {
    return windows[(int) (offset >>> STEP_BITS)].getShort((int) offset & (STEP - 1));
  }

  /**
   * Little-endian bytes {@code [offset, offset + length)}, length at most 1 GiB, without copying.
   */
  public ByteBuffer slice(long offset, int length) {
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
