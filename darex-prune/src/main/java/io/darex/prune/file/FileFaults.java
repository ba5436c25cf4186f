package io.darex.prune.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What people are told of a file that cannot be read or written. Exceptions of the file system are
 * often nothing but a path, and say what happened by their class.
 */
public final class FileFaults {
  private static final String NO_FOLDER = "expected a folder, got a file there";

  private static final String LOOP = "a symbolic link that leads to itself";

  /** The words of POSIX that say too little. */
  private static final Map<String, String> WORDS =
      Map.of(
          "Is a directory", "expected a file, got a folder",
          "Not a directory", NO_FOLDER,
          "No space left on device", "the disk is full",
          "Disk quota exceeded", "the quota of the disk is used up",
          "Read-only file system", "the file system is read-only",
          "Too many levels of symbolic links", LOOP,
          // Of a link that is looked at, and not followed.
          "Too many levels of symbolic links or unable to access attributes of symbolic link", LOOP,
          "Input/output error", "the disk or the connection to it failed",
          // A read of a mapping that is no longer there, inside a call of the system.
          "Bad address", "a file was cut short while it was read");

  private FileFaults() {}

  /** One sentence, which names the file if {@code thrown} does. */
  public static String sentence(IOException thrown) {
    Throwable fault = thrown;
    while (fault.getMessage() == null
        && (fault.getCause() instanceof IOException
            || fault.getCause() instanceof UncheckedIOException)) {
      fault = fault.getCause();
    }
    if (fault instanceof FileSystemException file) {
      String what = what(file);
      return file.getFile() == null ? what : file.getFile() + ": " + what;
    }
    if (fault instanceof JsonProcessingException json) {
      return "expected JSON: " + json.getOriginalMessage();
    }
    if (fault instanceof CharacterCodingException) {
      return "expected UTF-8, got other bytes";
    }
    String said = Objects.requireNonNullElse(fault.getMessage(), "a file could not be used");
    return WORDS.getOrDefault(said, said);
  }

  /**
   * What is said of the error by which Java answers a read of a mapped file that has become
   * shorter; empty if it is another one.
   */
  public static Optional<String> sentence(InternalError thrown) {
    if (thrown.getMessage() == null || !thrown.getMessage().contains("unsafe memory access")) {
      return Optional.empty();
    }
    String file = MappedFile.cutShort().map(Path::toString).orElse("a file");
    return Optional.of(file + ": was cut short, or its disk failed, while it was read");
  }

  private static String what(FileSystemException fault) {
    if (fault instanceof NoSuchFileException) {
      return Objects.requireNonNullElse(fault.getReason(), "no such file");
    }
    if (fault instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (fault instanceof NotDirectoryException) {
      return NO_FOLDER;
    }
    if (fault instanceof DirectoryNotEmptyException) {
      return "the folder is not empty";
    }
    if (fault instanceof FileAlreadyExistsException) {
      return "exists already";
    }
    String reason = Objects.requireNonNullElse(fault.getReason(), "the file system refuses it");
    return WORDS.getOrDefault(reason, reason);
  }
}
