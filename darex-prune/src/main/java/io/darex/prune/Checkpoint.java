package io.darex.prune;

import java.util.Optional;
import java.util.SortedMap;

/** A set of named tensors, on disk or in memory. */
public interface Checkpoint {
  /** The tensors by name, in name order. */
  SortedMap<String, Tensor> tensors();

  /** The text of its Hugging Face {@code config.json}, where it has one. */
  Optional<String> config();
}
