package io.darex.bench.pipeline;

import io.darex.prune.file.LockedFile;
import io.darex.prune.file.RefusedOutputException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.io.file.PathUtils;

/**
 * Keeps a run's or a sweep's folder to one process: a file in it, locked and with the name of who
 * holds it, which goes with the work.
 */
public final class FolderLock implements AutoCloseable {
  /** Name of the file. */
  public static final String FILE = ".darex.lock";

  private final Path folder;
  private final boolean made;
  private final LockedFile file;

  private FolderLock(Path folder, boolean made, LockedFile file) {
    this.folder = folder;
    this.made = made;
    this.file = file;
  }

  /**
   * Takes a folder, which is made if there is none.
   *
   * @throws RefusedOutputException naming who is at work in it
   */
  public static FolderLock of(Path folder) throws IOException {
    boolean made = !Files.isDirectory(folder);
    Files.createDirectories(folder);
    LockedFile file = LockedFile.open(folder.resolve(FILE), holder -> held(folder, holder));
    FolderLock lock = new FolderLock(folder, made, file);
    file.channel().truncate(0);
    file.channel().write(ByteBuffer.wrap((self() + "\n").getBytes(StandardCharsets.UTF_8)), 0);
    return lock;
  }

  private static RefusedOutputException held(Path folder, String holder) {
    return new RefusedOutputException(
        folder,
        "expected a folder at rest, got "
            + (holder.isEmpty() ? self() : holder)
            + " at work in it; wait for its end, or name another folder");
  }

  /** Process and machine. */
  static String self() {
    String atHost = ManagementFactory.getRuntimeMXBean().getName();
    String host = atHost.substring(atHost.indexOf('@') + 1);
    return "process " + ProcessHandle.current().pid() + " on " + host;
  }

  /** What is locked. */
  public Path folder() {
    return folder;
  }

  /** Gives it up; a folder that was made for nothing goes. */
  @Override
  public void close() throws IOException {
    file.delete();
    file.close();
    if (made && Files.isDirectory(folder) && PathUtils.isEmptyDirectory(folder)) {
      Files.delete(folder);
    }
  }
}
