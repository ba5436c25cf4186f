package io.darex.prune.checkpoint;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is done of an unfinished output: a text file beside it, first a line with its identity, then
 * a line for each part that is done. Whoever has it open is the one who works on that output, for
 * it is locked. The lock is on this file and not on the output because on POSIX systems a process
 * loses its lock on a file as soon as it closes any channel to it.
 */
final class Journal implements Closeable {
  private static final String FIRST_LINE = "darex journal 1 ";

  /** Those open in this process, as locks of files keep only other processes away. */
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;
  private boolean begun;

  private Journal(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Opens and locks the journal of {@code target}; it is empty if there was none.
   *
   * @throws IOException if someone else is at work on the same target
   */
  static Journal open(Path target) throws IOException {
    Path file =
        AtomicWrite.parent(target)
            .toRealPath()
            .resolve("." + target.getFileName() + ".partial.journal");
    if (!OPEN.add(file)) {
      throw inUse(target);
    }
    try {
      Optional<FileChannel> channel = Optional.empty();
      while (channel.isEmpty()) {
        channel = lock(file, target);
      }
      return new Journal(file, channel.get());
    } catch (IOException | RuntimeException e) {
      OPEN.remove(file);
      throw e;
    }
  }

  /** Nothing if the file was deleted or replaced under our hands, by one who has just finished. */
  private static Optional<FileChannel> lock(Path file, Path target) throws IOException {
    try {
      Files.createFile(file);
    } catch (FileAlreadyExistsException e) {
      // Left by a run that was cut short, or somebody's at work now; the lock tells.
    }
    try {
      Object key = key(file);
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        if (channel.tryLock() == null) {
          throw inUse(target);
        }
        if (key.equals(key(file))) {
          return Optional.of(channel);
        }
        channel.close();
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (NoSuchFileException e) {
      // Deleted meanwhile.
    }
    return Optional.empty();
  }

  private static Object key(Path file) throws IOException {
    Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    return Objects.requireNonNullElse(key, file);
  }

  private static IOException inUse(Path target) {
    return new IOException(
        target + ": someone else is writing it just now; wait for its end or choose another name");
  }

  /**
   * The lines of parts done under that identity. If there is another one or none that can be read,
   * the journal is emptied and the answer is nothing.
   */
  Optional<List<String>> resume(String identity) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(channel.size()));
    while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) >= 0) {}
    String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1);
    // The process may have ended within a line.
    int whole = text.lastIndexOf('\n') + 1;
    List<String> lines = text.substring(0, whole).lines().toList();
    begun = !lines.isEmpty() && lines.get(0).equals(FIRST_LINE + identity);
    channel.truncate(begun ? whole : 0).position(channel.size());
    return begun ? Optional.of(lines.subList(1, lines.size())) : Optional.empty();
  }

  /** Adds lines, each ended by a newline. */
  void append(String identity, String lines) throws IOException {
    String text = begun ? lines : FIRST_LINE + identity + "\n" + lines;
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    begun = true;
  }

  /** Deletes it while the lock is held, so that nobody's new journal is met. */
  void delete() throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public void close() throws IOException {
    channel.close();
    OPEN.remove(file);
  }
}
