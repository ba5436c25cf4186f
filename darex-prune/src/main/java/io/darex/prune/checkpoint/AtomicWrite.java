package io.darex.prune.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Writes all of an output or nothing: under a temporary name beside the target, synced, then
 * renamed (DESIGN.md §7). Whoever looks sees the old output, none, or the new one.
 */
public final class AtomicWrite {
  private AtomicWrite() {}

  /** Writes the content of an output. */
  @FunctionalInterface
  public interface Content {
    /** Writes to {@code temporary}, which does not exist yet, or is an empty folder. */
    void writeTo(Path temporary) throws IOException;
  }

  /**
   * Writes one file.
   *
   * @throws FileAlreadyExistsException if it exists and {@code force} is not given
   */
  public static void file(Path target, boolean force, Content content) throws IOException {
    Path temporary = begin(target, force);
    try {
      content.writeTo(temporary);
      commit(temporary, target, force);
    } finally {
      delete(temporary);
    }
  }

  /**
   * Writes one folder. With {@code force} an existing one is moved aside, replaced and then
   * deleted; no file system replaces a folder in one step, so a crash between the two renames
   * leaves the old folder under its temporary name, complete.
   *
   * @throws FileAlreadyExistsException if it exists and {@code force} is not given
   */
  public static void folder(Path target, boolean force, Content content) throws IOException {
    Path temporary = begin(target, force);
    try {
      Files.createDirectory(temporary);
      content.writeTo(temporary);
      commit(temporary, target, force);
    } finally {
      delete(temporary);
    }
  }

  /** Syncs a file or folder that is complete and gives it its name. */
  static void commit(Path temporary, Path target, boolean force) throws IOException {
    for (Path written : tree(temporary)) {
      if (Files.isDirectory(written)) {
        syncFolder(written);
      } else {
        sync(written);
      }
    }
    checkFree(target, force);
    if (Files.isDirectory(temporary)) {
      replaceFolder(temporary, target);
    } else {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    }
    syncFolder(parent(target));
  }

  private static void replaceFolder(Path temporary, Path target) throws IOException {
    if (!Files.exists(target)) {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      return;
    }
    Path aside = temporaryName(target);
    Files.move(target, aside, StandardCopyOption.ATOMIC_MOVE);
    try {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
      throw e;
    }
    delete(aside);
  }

  static Path begin(Path target, boolean force) throws IOException {
    checkFree(target, force);
    OutputPlace.requireWritable(target);
    Files.createDirectories(parent(target));
    return temporaryName(target);
  }

  static void checkFree(Path target, boolean force) throws IOException {
    if (!force && Files.exists(target)) {
      throw new FileAlreadyExistsException(
          target.toString(), null, "exists and is not overwritten");
    }
  }

  private static Path temporaryName(Path target) {
    return target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
  }

  static Path parent(Path target) {
    return target.toAbsolutePath().getParent();
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** A rename lasts once its folder is synced; only POSIX systems open folders for that. */
  private static void syncFolder(Path folder) throws IOException {
    if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  /** Deletes a file or a folder with all that is in it, if it is there. */
  static void delete(Path fileOrFolder) throws IOException {
    if (Files.exists(fileOrFolder)) {
      for (Path path : tree(fileOrFolder)) {
        Files.delete(path);
      }
    }
  }

  /** A file itself, or a folder and everything in it, children before their parents. */
  private static List<Path> tree(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths.sorted(Comparator.reverseOrder()).toList();
    }
  }
}
