package io.darex.prune.delta;

import io.darex.prune.SideFile;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the file of a sparse delta records besides what a recipe makes.
 *
 * @param texts what the evidence was drawn from; empty where nothing but the weights was looked at
 * @param files by name, what lay beside the fine-tuned weights
 * @param digests whether the file has the digests of base and fine-tuned model
 */
public record Origin(Optional<String> texts, SortedMap<String, SideFile> files, boolean digests) {
  /** Nothing. */
  public static final Origin NONE = new Origin(Optional.empty(), new TreeMap<>(), false);

  /** Makes the map unmodifiable. */
  public Origin {
    files = Collections.unmodifiableSortedMap(files);
  }
}
