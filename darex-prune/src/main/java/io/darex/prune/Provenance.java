package io.darex.prune;

import java.util.Optional;
import lombok.With;

/**
 * Where a sparse delta comes from.
 *
 * @param base digest of the base checkpoint; empty if none was taken
 * @param tuned digest of the tuned checkpoint; empty if none was taken
 * @param job JSON of what determines the content: method, parameters, tool version; no paths,
 *     threads, shards or resume state, so that equal jobs give equal files
 * @param config the tuned checkpoint's {@code config.json}, where it has one
 */
@With
public record Provenance(
    Optional<String> base, Optional<String> tuned, String job, Optional<String> config) {}
