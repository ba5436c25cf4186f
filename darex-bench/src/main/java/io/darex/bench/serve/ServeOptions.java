package io.darex.bench.serve;

import java.time.Duration;
import lombok.Builder;
import lombok.With;

/**
 * What {@link Models} may use.
 *
 * @param way how products are computed
 * @param residentBytes memory for copies with a delta in them; room for one is always taken where
 *     one is needed
 * @param queuedTexts texts that may wait; more are refused
 * @param gather how long a batch waits for texts of requests that are on their way
 * @param timeout how long a request waits for its answers
 */
@Builder
@With
public record ServeOptions(
    Way way, long residentBytes, int queuedTexts, Duration gather, Duration timeout) {
  /**
   * @throws IllegalArgumentException if a number is negative, or no text may wait
   */
  public ServeOptions {
    if (residentBytes < 0 || queuedTexts < 1 || gather.isNegative() || timeout.isNegative()) {
      throw new IllegalArgumentException(
          "expected no negative number and room for a text, got resident bytes "
              + residentBytes
              + ", queued texts "
              + queuedTexts
              + ", gather "
              + gather
              + ", timeout "
              + timeout);
    }
  }

  /** What {@code darex serve} takes where nothing is said. */
  public static ServeOptions defaults() {
    return new ServeOptions(
        Way.AUTO, 512L << 20, 4096, Duration.ofMillis(2), Duration.ofSeconds(30));
  }
}
