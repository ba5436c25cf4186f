package io.darex.prune.folder;

import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Provenance;
import io.darex.prune.tensor.Finiteness;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The digests of base and tuned model, taken while other work goes on. */
public final class Digests {
  private final boolean taken;
  private final CompletableFuture<Optional<String>> base;
  private final CompletableFuture<Optional<String>> tuned;
  private Duration waited = Duration.ZERO;

  private Digests(
      boolean taken,
      CompletableFuture<Optional<String>> base,
      CompletableFuture<Optional<String>> tuned) {
    this.taken = taken;
    this.base = base;
    this.tuned = tuned;
  }

  /**
   * Begins to take both. Of the tensors that are pruned every value must be finite, or have the
   * same bits on both sides; of all others only the bytes count.
   */
  public static Digests start(Delta delta) {
    Map<String, Delta.Pair> byBaseName = new HashMap<>();
    delta.pairs().values().forEach(pair -> byBaseName.put(pair.base().name(), pair));
    return new Digests(
        true,
        digest("base", delta.base(), byBaseName),
        digest("tuned", delta.tuned(), delta.pairs()));
  }

  /** Takes none. */
  public static Digests none() {
    CompletableFuture<Optional<String>> none = CompletableFuture.completedFuture(Optional.empty());
    return new Digests(false, none, none);
  }

  /** Whether there will be any. */
  public boolean taken() {
    return taken;
  }

  /**
   * {@code provenance} with the digests, as soon as they are there.
   *
   * @throws io.darex.prune.NonFiniteException if a value to be pruned is NaN or infinite
   */
  public Provenance addTo(Provenance provenance) {
    long start = System.nanoTime();
    try {
      return provenance.withBase(base.join()).withTuned(tuned.join());
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    } finally {
      waited = Duration.ofNanos(System.nanoTime() - start);
    }
  }

  /** How long {@link #addTo} had to wait. */
  public Duration waited() {
    return waited;
  }

  private static Finiteness.Found finite(Map<String, Delta.Pair> pruned) {
    return (name, index, value) -> {
      Delta.Pair pair = pruned.get(name);
      if (pair != null
          && Float.floatToRawIntBits(pair.base().at(index))
              != Float.floatToRawIntBits(pair.tuned().at(index))) {
        throw NonFiniteException.pruned(name, index, value);
      }
    };
  }

  private static CompletableFuture<Optional<String>> digest(
      String side, Checkpoint checkpoint, Map<String, Delta.Pair> pruned) {
    // A thread of its own: those of common pools would keep others waiting, and need not be there.
    return CompletableFuture.supplyAsync(
        () -> Optional.of(CheckpointDigest.of(checkpoint, finite(pruned))),
        task -> {
          Thread thread = new Thread(task, "darex-digest-" + side);
          thread.setDaemon(true);
          thread.start();
        });
  }
}
