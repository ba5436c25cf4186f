package io.darex.prune.checkpoint;

import io.darex.prune.Checkpoint;
import io.darex.prune.Provenance;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The digests of base and tuned model, taken while other work goes on. */
final class Digests {
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

  /** Begins to take both. */
  static Digests start(Checkpoint base, Checkpoint tuned) {
    return new Digests(true, digest("base", base), digest("tuned", tuned));
  }

  /** Takes none. */
  static Digests none() {
    CompletableFuture<Optional<String>> none = CompletableFuture.completedFuture(Optional.empty());
    return new Digests(false, none, none);
  }

  /** Whether there will be any. */
  boolean taken() {
    return taken;
  }

  /**
   * {@code provenance} with the digests, as soon as they are there.
   *
   * @throws io.darex.prune.NonFiniteException if a value of either is NaN or infinite
   */
  Provenance addTo(Provenance provenance) {
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
  Duration waited() {
    return waited;
  }

  private static CompletableFuture<Optional<String>> digest(String side, Checkpoint checkpoint) {
    // A thread of its own: those of common pools would keep others waiting, and need not be there.
    return CompletableFuture.supplyAsync(
        () -> Optional.of(CheckpointDigest.of(checkpoint)),
        task -> {
          Thread thread = new Thread(task, "darex-digest-" + side);
          thread.setDaemon(true);
          thread.start();
        });
  }
}
