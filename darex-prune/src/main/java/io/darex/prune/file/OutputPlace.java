package io.darex.prune.file;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** Whether there can be an output where one is wanted: asked before the work, which may be long. */
public final class OutputPlace {
  private OutputPlace() {}

  /**
   * Looks at the nearest folder on the way to {@code target} that is there already.
   *
   * @throws NotDirectoryException if it is a file
   * @throws AccessDeniedException if nothing may be written into it
   */
  public static void requireWritable(Path target) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    while (folder != null && !Files.exists(folder)) {
      folder = folder.getParent();
    }
    if (folder != null) {
      requireFolder(folder);
    }
  }

  /**
   * As {@link #requireWritable}, for a folder that may be there already and is written into.
   *
   * @throws IOException as there
   */
  public static void requireWritableFolder(Path target) throws IOException {
    if (Files.exists(target)) {
      requireFolder(target);
    } else {
      requireWritable(target);
    }
  }

  private static void requireFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new NotDirectoryException(folder.toString());
    }
    if (!Files.isWritable(folder) || !Files.isExecutable(folder)) {
      throw new AccessDeniedException(folder.toString());
    }
  }
}
