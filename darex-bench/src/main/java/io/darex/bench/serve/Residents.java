package io.darex.bench.serve;

import io.darex.bench.encoder.BesideDelta;
import io.darex.bench.encoder.DirectEncoder;
import io.darex.bench.encoder.Resident;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A bounded number of copies of the layers' matrices, each with one fine-tune's delta in it; the
 * one that was longest unused makes room. For one thread.
 */
final class Residents implements AutoCloseable {
  private record Copy(Resident room, BesideDelta merged) {}

  private final DirectEncoder encoder;
  private final long limit;
  private final Metrics metrics;

  /** The one that was longest unused first. */
  private final Map<FineTune, Copy> copies = new LinkedHashMap<>(16, 0.75f, true);

  private final List<Resident> rooms = new ArrayList<>();
  private long bytes;

  Residents(DirectEncoder encoder, long limit, Metrics metrics) {
    this.encoder = encoder;
    this.limit = limit;
    this.metrics = metrics;
  }

  /** A fine-tune merged; valid until the next call. */
  BesideDelta of(FineTune tuned) {
    Copy copy = copies.get(tuned);
    if (copy == null) {
      metrics.switches.increment();
      Resident room = room();
      copy = new Copy(room, room.with(tuned.delta()));
      copies.put(tuned, copy);
    }
    return copy.merged();
  }

  private Resident room() {
    for (Iterator<Map.Entry<FineTune, Copy>> each = copies.entrySet().iterator();
        each.hasNext(); ) {
      Map.Entry<FineTune, Copy> entry = each.next();
      if (entry.getKey().isRetired()) {
        each.remove();
        return entry.getValue().room();
      }
    }
    Resident more = encoder.resident();
    if (rooms.isEmpty() || bytes + more.bytes() <= limit) {
      rooms.add(more);
      bytes += more.bytes();
      metrics.residentBytes.set(bytes);
      return more;
    }
    more.close();
    FineTune eldest = copies.keySet().iterator().next();
    metrics.evictions.increment();
    return copies.remove(eldest).room();
  }

  @Override
  public void close() {
    rooms.forEach(Resident::close);
  }
}
