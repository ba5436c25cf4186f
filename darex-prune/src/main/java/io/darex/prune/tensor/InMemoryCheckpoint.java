package io.darex.prune.tensor;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import java.util.Collection;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A checkpoint made of given tensors.
 *
 * @param tensors by name
 * @param config the text of its {@code config.json}, where it has one
 */
public record InMemoryCheckpoint(SortedMap<String, Tensor> tensors, Optional<String> config)
    implements Checkpoint {

  /** Makes the map unmodifiable. */
  public InMemoryCheckpoint {
    tensors = Collections.unmodifiableSortedMap(tensors);
  }

  /**
   * A checkpoint of these tensors.
   *
   * @throws IllegalArgumentException if two have the same name
   */
  public static InMemoryCheckpoint of(
      Collection<? extends Tensor> tensors, Optional<String> config) {
    SortedMap<String, Tensor> byName = new TreeMap<>();
    for (Tensor tensor : tensors) {
      if (byName.put(tensor.name(), tensor) != null) {
        throw new IllegalArgumentException("two tensors are called " + tensor.name());
      }
    }
    return new InMemoryCheckpoint(byName, config);
  }
}
