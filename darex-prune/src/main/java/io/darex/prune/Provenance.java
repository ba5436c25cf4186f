package io.darex.prune;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import lombok.With;

/**
 * Where a sparse delta comes from.
 *
 * @param base digest of the base checkpoint; empty if none was taken
 * @param tuned digest of the tuned checkpoint; empty if none was taken
 * @param job JSON of what determines the content: method, parameters, tool version; no paths,
 *     threads, shards or resume state, so that equal jobs give equal files
 * @param config the tuned checkpoint's {@code config.json}, where it has one
 * @param files by name, what else lay beside the tuned weights; empty where nothing is known of it
 */
@With
public record Provenance(
    Optional<String> base,
    Optional<String> tuned,
    String job,
    Optional<String> config,
    SortedMap<String, SideFile> files) {
  /** Makes the map unmodifiable. */
  public Provenance {
    files = Collections.unmodifiableSortedMap(files);
  }

  /** A provenance that knows nothing of files beside the weights. */
  public Provenance(
      Optional<String> base, Optional<String> tuned, String job, Optional<String> config) {
    this(base, tuned, job, config, new TreeMap<>());
  }
}
