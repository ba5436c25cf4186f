package io.darex.bench.cluster;

import java.io.IOException;
import java.io.Serializable;

/**
 * Something to be done on any machine of a {@link Cluster}, perhaps more than once: a worker that
 * is lost may have done half of it.
 *
 * @param <T> what comes back, which must be serialisable
 */
public interface Work<T extends Serializable> extends Serializable {
  /**
   * Does it.
   *
   * @throws IOException if files cannot be read or written
   */
  T run() throws IOException;
}
