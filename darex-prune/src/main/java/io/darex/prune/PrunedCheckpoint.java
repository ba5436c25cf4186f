package io.darex.prune;

import java.util.Optional;
import java.util.SortedMap;

/** What a sparse delta makes of its base. */
record PrunedCheckpoint(SortedMap<String, Tensor> tensors, Optional<String> config)
    implements Checkpoint {}
