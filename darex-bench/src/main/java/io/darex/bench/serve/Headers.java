package io.darex.bench.serve;

import io.darex.prune.Checkpoint;
import io.darex.prune.DType;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.InMemoryCheckpoint;

/** Names, dtypes and shapes of a checkpoint, whose values are held elsewhere. */
@SuppressWarnings("ArrayRecordComponent") // a tensor, never compared
record Headers(String name, DType dtype, long[] shape) implements Tensor {
  static Checkpoint of(Checkpoint checkpoint) {
    return InMemoryCheckpoint.of(
        checkpoint.tensors().values().stream()
            .map(tensor -> new Headers(tensor.name(), tensor.dtype(), tensor.shape()))
            .toList(),
        checkpoint.config());
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    throw new IllegalStateException(name + ": only its header is here");
  }
}
