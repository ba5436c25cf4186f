package io.darex.prune.mask;

import io.darex.prune.parameter.Parameter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The integers that drawn masks are made of (docs/FORMAT.md §3): a key a tensor, a stream a block.
 */
final class Draws {
  /** The parameter of all masks that are drawn. */
  static final Parameter<Long> SEED =
      Parameter.of("seed", "seed of the draw", new Parameter.Seed(), 42L);

  /** The step of {@link java.util.SplittableRandom}: 2⁶⁴ over the golden ratio. */
  static final long GAMMA = 0x9E3779B97F4A7C15L;

  private long state;

  /** The stream of one block of the tensor with that key. */
  Draws(long key, long block) {
    state = at(key, block);
  }

  /** The next 64 bits. */
  long next() {
    state += GAMMA;
    return mix64(state);
  }

  /** An integer in {@code [0, bound)}, by the high half of a 128-bit product. */
  int below(int bound) {
    return (int) unsignedMultiplyHigh(next(), bound);
  }

  /**
   * The key of a tensor: the first eight bytes, little-endian, of SHA-256(tag ‖ seed ‖ name).
   *
   * @param tag names the mask and its version, so that no two masks share draws
   */
  static long key(String tag, long seed, String name) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update((tag + '\0').getBytes(StandardCharsets.US_ASCII));
      sha.update(
          ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(seed).flip());
      byte[] digest = sha.digest(name.getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.wrap(digest).order(ByteOrder.LITTLE_ENDIAN).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * The bits that belong to number {@code index} under that key, each independent of the others.
   */
  static long at(long key, long index) {
    return mix64(key + (index + 1) * GAMMA);
  }

  /** {@code Math.unsignedMultiplyHigh}, which Java 17 lacks. */
  static long unsignedMultiplyHigh(long a, long b) {
    return Math.multiplyHigh(a, b) + ((a >> 63) & b) + ((b >> 63) & a);
  }

  /** The finaliser of {@link java.util.SplittableRandom}. */
  static long mix64(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
