package io.darex.prune.safetensors;

import java.io.IOException;
import java.util.Map;

/**
 * Gives the metadata that are not known before all data are written, such as a digest of them. In
 * their stead the header has placeholders of the same length, since the data's places depend on it.
 */
@FunctionalInterface
public interface Seal {
  /** Leaves the metadata as they are. */
  Seal NONE = written -> Map.of();

  /**
   * Called once, when all data are written and the file does not have its name yet.
   *
   * @param written the tensors as they are in the file, and the metadata with the placeholders
   * @return the final texts of the keys that had placeholders
   */
  Map<String, String> seal(Safetensors written) throws IOException;
}
