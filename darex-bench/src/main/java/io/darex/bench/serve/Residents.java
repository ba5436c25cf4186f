package io.darex.bench.serve;

import io.darex.bench.encoder.BesideDelta;
import io.darex.bench.encoder.DirectEncoder;
import io.darex.bench.encoder.Resident;
import java.util.ArrayList;
import java.util.List;

/**
 * A bounded number of copies of the layers' matrices, each with one fine-tune's delta in it; the
 * one that was longest unused makes room. For one thread.
 */
final class Residents implements AutoCloseable {
  /** A copy, and whose it is; null's where it could not be made. */
  private static final class Copy {
    private final Resident room;
    private FineTune tuned;
    private BesideDelta merged;

    Copy(Resident room) {
      this.room = room;
    }
  }

  private final DirectEncoder encoder;
  private final long limit;
  private final Metrics metrics;

  /** The one that was longest unused first. */
  private final List<Copy> copies = new ArrayList<>();

  private long bytes;

  Residents(DirectEncoder encoder, long limit, Metrics metrics) {
    this.encoder = encoder;
    this.limit = limit;
    this.metrics = metrics;
  }

  /**
   * A fine-tune merged; valid until the next call.
   *
   * @throws OutOfMemoryError if there is no memory for it, after which others may be tried
   */
  BesideDelta of(FineTune tuned) {
    Copy copy =
        copies.stream()
            .filter(each -> each.tuned == tuned)
            .findFirst()
            .orElseGet(() -> made(tuned));
    copies.remove(copy);
    copies.add(copy);
    return copy.merged;
  }

  private Copy made(FineTune tuned) {
    metrics.switches.increment();
    Copy copy = free();
    copy.tuned = null;
    copy.merged = copy.room.with(tuned.delta());
    copy.tuned = tuned;
    return copy;
  }

  private Copy free() {
    for (Copy each : copies) {
      if (each.tuned == null || each.tuned.isRetired()) {
        return each;
      }
    }
    Resident more = encoder.resident();
    if (copies.isEmpty() || bytes + more.bytes() <= limit) {
      Copy copy = new Copy(more);
      copies.add(copy);
      bytes += more.bytes();
      metrics.residentBytes.set(bytes);
      return copy;
    }
    more.close();
    metrics.evictions.increment();
    return copies.get(0);
  }

  @Override
  public void close() {
    copies.forEach(copy -> copy.room.close());
  }
}
