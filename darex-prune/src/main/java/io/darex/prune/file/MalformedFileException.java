package io.darex.prune.file;

import io.darex.prune.OneLine;
import java.io.IOException;
import java.nio.file.Path;

/** A file that is not what it should be; the message names it, what was expected and what came. */
public final class MalformedFileException extends IOException {
  private static final int MAX_TEXT = 300;

  /**
   * Says what is wrong in one line.
   *
   * @param file the file
   * @param expected what should have been there, and where
   * @param found what was there
   */
  public MalformedFileException(Path file, String expected, Object found) {
    super(file + ": expected " + clipped(expected) + ", got " + clipped(found));
  }

  /** One line of bounded length, though the text may be a hostile file's. */
  private static String clipped(Object text) {
    String line = OneLine.of(String.valueOf(text));
    return line.length() <= MAX_TEXT ? line : line.substring(0, MAX_TEXT) + "…";
  }
}
