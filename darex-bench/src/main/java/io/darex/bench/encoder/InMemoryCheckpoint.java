package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import java.util.Optional;
import java.util.SortedMap;

record InMemoryCheckpoint(SortedMap<String, Tensor> tensors, Optional<String> config)
    implements Checkpoint {}
