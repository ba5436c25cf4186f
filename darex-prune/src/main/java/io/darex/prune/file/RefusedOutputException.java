package io.darex.prune.file;

import java.io.IOException;
import java.nio.file.Path;

/** An output that is not written because something would be lost; the message says what. */
public final class RefusedOutputException extends IOException {
  /**
   * Says why in one line.
   *
   * @param path what is not touched
   * @param reason why, and what to do
   */
  public RefusedOutputException(Path path, String reason) {
    super(path + ": " + reason);
  }
}
