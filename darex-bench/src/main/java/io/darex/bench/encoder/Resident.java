package io.darex.bench.encoder;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Room for the matrices of an encoder's layers with one fine-tune's delta merged into them, as
 * {@link io.darex.prune.SparseDelta#applyTo} computes them. Embeddings stay unmerged: a look-up
 * costs the same. Not thread-safe.
 */
public final class Resident implements AutoCloseable {
  private final List<Slot> matrices;
  private final Map<Slot, Floats> memory = new HashMap<>();

  Resident(List<Slot> matrices) {
    this.matrices = matrices;
  }

  /**
   * Takes a fine-tune in, in place of the one before.
   *
   * @return the fine-tune, merged; to be used until the next is taken in, and not closed
   */
  public BesideDelta with(BesideDelta delta) {
    Map<Slot, Floats> merged = new HashMap<>();
    for (Slot slot : matrices) {
      delta
          .kept(slot)
          .filter(kept -> kept.kept() > 0)
          .ifPresent(
              kept -> {
                Floats copy = memory.computeIfAbsent(slot, key -> new Floats());
                copy.reserve(slot.size()).copy(slot.value(), slot.size());
                kept.addTo(copy);
                merged.put(slot, copy);
              });
    }
    return delta.merged(merged);
  }

  /** The memory that it takes at most, in bytes. */
  public long bytes() {
    return matrices.stream().mapToLong(Slot::size).sum() * Float.BYTES;
  }

  @Override
  public void close() {
    memory.values().forEach(Floats::close);
  }
}
