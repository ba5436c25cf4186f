package io.darex.bench.cluster;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;

/**
 * Something to be done on any machine of a {@link Cluster}, perhaps more than once: a worker that
 * is lost may have done half of it, and one that only seems lost may be at it still.
 */
public interface Work extends Serializable {
  /**
   * Does it, and says what came of it.
   *
   * @throws IOException if files cannot be read or written
   */
  String run() throws IOException;

  /** What every machine calls a file, whatever its working directory. */
  static String path(Path path) {
    return path.toAbsolutePath().normalize().toString();
  }
}
