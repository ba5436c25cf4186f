package io.darex.bench.cluster;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import org.apache.commons.io.FileUtils;

/**
 * A folder for the temporary files of Spark's driver, which Spark itself leaves behind when it is
 * killed. Whoever makes the next one deletes those whose process is gone: as long as it lives, it
 * holds a lock in its folder.
 */
final class Scratch implements AutoCloseable {
  private static final String PREFIX = "darex-spark-";
  private static final String LOCK = "lock";

  /** What has no lock after this time never will. */
  private static final Duration MAKING = Duration.ofHours(1);

  private final Path folder;
  private final FileChannel channel;

  private Scratch(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /**
   * Makes a folder that none but this user can enter, and deletes what killed processes of this
   * user have left.
   *
   * @param parent such as the system's folder for temporary files
   */
  static Scratch in(Path parent) throws IOException {
    deleteAbandoned(parent);
    Path folder = Files.createTempDirectory(parent, PREFIX);
    FileChannel channel =
        FileChannel.open(
            folder.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    channel.lock();
    return new Scratch(folder, channel);
  }

  Path folder() {
    return folder;
  }

  private static void deleteAbandoned(Path parent) throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
      for (Path folder : folders) {
        if (isOurs(folder) && isAbandoned(folder)) {
          FileUtils.deleteDirectory(folder.toFile());
        }
      }
    }
  }

  /** No link, and no folder that another user has put there to have us write or delete. */
  private static boolean isOurs(Path folder) throws IOException {
    return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS)
            .getName()
            .equals(System.getProperty("user.name"));
  }

  private static boolean isAbandoned(Path folder) throws IOException {
    Path lock = folder.resolve(LOCK);
    if (!Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS)) {
      // Just being made; or made again by Spark, which goes on using its first folder in a JVM.
      Instant made = Files.getLastModifiedTime(folder, LinkOption.NOFOLLOW_LINKS).toInstant();
      return made.isBefore(Instant.now().minus(MAKING));
    }
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        FileLock held = channel.tryLock()) {
      return held != null;
    } catch (OverlappingFileLockException e) {
      return false; // by this very process
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    FileUtils.deleteDirectory(folder.toFile());
  }
}
