package io.darex.prune.checkpoint;

import java.io.IOException;
import java.nio.file.Path;

/** A file that is not what it should be; the message names it, what was expected and what came. */
public final class MalformedFileException extends IOException {
  /**
   * Says what is wrong in one line.
   *
   * @param file the file
   * @param expected what should have been there, and where
   * @param found what was there
   */
  public MalformedFileException(Path file, String expected, Object found) {
    super(file + ": expected " + expected + ", found " + found);
  }
}
