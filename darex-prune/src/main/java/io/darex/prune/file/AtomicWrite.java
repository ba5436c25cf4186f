package io.darex.prune.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Writes all of an output or nothing: under a temporary name beside the target, synced, then
 * renamed. Whoever looks sees the old output, none, or the new one.
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
   * @throws java.nio.file.FileAlreadyExistsException if it exists and {@code force} is not given
   * @throws RefusedOutputException if something else than a regular file is there
   */
  public static void file(Path target, boolean force, Content content) throws IOException {
    Place place = Place.file(target, force);
    place.prepare();
    Path temporary = temporaryName(target);
    try {
      content.writeTo(temporary);
      commit(temporary, place);
    } finally {
      delete(temporary);
    }
  }

  /**
   * Writes one folder. With {@code force} an existing one is moved aside, replaced and then
   * deleted; no file system replaces a folder in one step, so a crash between the two renames
   * leaves the old folder under its temporary name, complete.
   *
   * @param ours what of an existing folder may be deleted
   * @throws java.nio.file.FileAlreadyExistsException if it exists and {@code force} is not given
   * @throws RefusedOutputException if it is no folder, or holds something that is not ours
   */
  public static void folder(Path target, boolean force, Output.Ours ours, Content content)
      throws IOException {
    Place place = Place.folder(target, force, ours);
    place.prepare();
    Path temporary = temporaryName(target);
    try {
      Files.createDirectory(temporary);
      content.writeTo(temporary);
      commit(temporary, place);
    } finally {
      delete(temporary);
    }
  }

  /**
   * Where an output goes.
   *
   * @param force whether one that exists is replaced
   * @param ours what may be deleted of a folder; empty for a file
   */
  public record Place(Path target, boolean force, Optional<Output.Ours> ours) {
    public static Place file(Path target, boolean force) {
      return new Place(target, force, Optional.empty());
    }

    public static Place folder(Path target, boolean force, Output.Ours ours) {
      return new Place(target, force, Optional.of(ours));
    }

    /** Refuses it if it is taken. */
    void requireFree() throws IOException {
      if (ours.isPresent()) {
        Output.requireFolder(target, force, ours.get(), List.of());
      } else {
        Output.requireFile(target, force, List.of());
      }
    }

    /** As {@link #requireFree}, and makes the folder that it goes into. */
    void prepare() throws IOException {
      requireFree();
      Files.createDirectories(parent(target));
    }
  }

  /**
   * Deletes what an {@link #file} that was killed left in a folder.
   *
   * @param folder in which nobody else is at work
   */
  public static void clean(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path entry : entries.filter(Contents::isTemporaryFile).toList()) {
        Files.delete(entry);
      }
    }
  }

  /** Syncs a file or folder that is complete and gives it its name. */
  static void commit(Path temporary, Place place) throws IOException {
    Path target = place.target();
    for (Path written : tree(temporary)) {
      if (Files.isDirectory(written)) {
        syncFolder(written);
      } else {
        sync(written);
      }
    }
    place.requireFree();
    if (place.ours().isPresent()) {
      replaceFolder(temporary, target, place.ours().get());
    } else {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    }
    syncFolder(parent(target));
  }

  private static void replaceFolder(Path temporary, Path target, Output.Ours ours)
      throws IOException {
    if (!Output.exists(target)) {
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
    ours.of(aside).clear(aside); // refuses what has come into it since it was looked at
    Files.delete(aside);
  }

  private static Path temporaryName(Path target) {
    return target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
  }

  public static Path parent(Path target) {
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

  /** Deletes a file of ours or a folder with all that is in it, if it is there; links as such. */
  public static void delete(Path fileOrFolder) throws IOException {
    if (Output.exists(fileOrFolder)) {
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
