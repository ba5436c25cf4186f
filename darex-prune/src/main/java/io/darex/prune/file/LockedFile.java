package io.darex.prune.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * A small file that says by its lock that somebody is at work. The lock goes with the process that
 * holds it, however that ends. No link is followed.
 */
public final class LockedFile implements Closeable {
  /** Beyond any content, so that others can read who holds it where locks keep readers away. */
  private static final long PLACE = Long.MAX_VALUE - 1;

  private static final int LINE = 1000;

  /** Those open in this process, as locks of files keep only other processes away. */
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;
  private final boolean existed;

  private LockedFile(Path file, FileChannel channel, boolean existed) {
    this.file = file;
    this.channel = channel;
    this.existed = existed;
  }

  /** What an attempt to lock comes to, where the file is not gone meanwhile. */
  private record Attempt(Optional<LockedFile> mine, String content) {}

  /**
   * Opens and locks a file, which is made if there is none.
   *
   * @param file in a folder that exists
   * @param held makes the exception for when someone else holds it, of the first line of its
   *     content, which is empty where that is this process
   * @throws RefusedOutputException if there is something else than a regular file
   */
  public static LockedFile open(Path file, Function<String, ? extends IOException> held)
      throws IOException {
    Path real = file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
    if (!OPEN.add(real)) {
      throw held.apply("");
    }
    try {
      Optional<Attempt> attempt = Optional.empty();
      while (attempt.isEmpty()) {
        attempt = lock(real);
      }
      Attempt made = attempt.get();
      return made.mine().orElseThrow(() -> held.apply(made.content()));
    } catch (IOException | RuntimeException e) {
      OPEN.remove(real);
      throw e;
    }
  }

  /** Nothing if the file was deleted or replaced under our hands, by one who has just finished. */
  private static Optional<Attempt> lock(Path file) throws IOException {
    boolean existed = false;
    try {
      Files.createFile(file);
    } catch (FileAlreadyExistsException e) {
      // Left by one that was cut short, or somebody's at work now; the lock tells.
      existed = true;
    }
    if (existed && Output.exists(file) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new RefusedOutputException(
          file, "expected a file of darex or none, got " + Output.kind(file) + "; remove it");
    }
    try {
      Object key = key(file);
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
      try {
        if (channel.tryLock(PLACE, 1, false) == null) {
          String content =
              text(channel, LINE, StandardCharsets.UTF_8).lines().findFirst().orElse("");
          channel.close();
          return Optional.of(new Attempt(Optional.empty(), content));
        }
        if (key.equals(key(file))) {
          return Optional.of(new Attempt(Optional.of(new LockedFile(file, channel, existed)), ""));
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

  /** At most {@code most} bytes from the start, wherever the channel is. */
  static String text(FileChannel channel, int most, Charset charset) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(most);
    while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) >= 0) {}
    return new String(bytes.array(), 0, bytes.position(), charset);
  }

  private static Object key(Path file) throws IOException {
    Object key =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
    return Objects.requireNonNullElse(key, file);
  }

  /** Where it lies, links of its folder followed. */
  public Path path() {
    return file;
  }

  /** To its content. */
  public FileChannel channel() {
    return channel;
  }

  /** Whether it was there before it was opened. */
  public boolean existed() {
    return existed;
  }

  /** Deletes it while the lock is held, so that nobody's new one is met. */
  public void delete() throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public void close() throws IOException {
    channel.close();
    OPEN.remove(file);
  }
}
