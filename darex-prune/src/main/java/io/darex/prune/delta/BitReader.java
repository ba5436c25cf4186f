package io.darex.prune.delta;

import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads what {@link BitWriter} wrote, from any bit on, a word at a time. */
final class BitReader {
  private static final int PART = 1 << 20;

  private final Tensor bytes;

  /** The byte at which the bits end. */
  private final long end;

  private ByteBuffer part = ByteBuffer.allocate(0);

  /** The byte that the next word begins at. */
  private long next;

  /** The bits that were read ahead, from the lowest on; zeros after them. */
  private long word;

  /** How many these are. */
  private int ahead;

  /**
   * Starts at a bit.
   *
   * @param bytes U8
   * @param from the first bit
   * @param end the byte after the last one
   */
  BitReader(Tensor bytes, long from, long end) {
    this.bytes = bytes;
    this.end = end;
    this.next = from / Byte.SIZE;
    int skipped = (int) (from % Byte.SIZE);
    if (skipped > 0) {
      fill();
      word >>>= skipped;
      ahead -= skipped;
    }
  }

  /** Whether zeros fill the last byte after so many bits, which end in it. */
  static boolean isFilled(Tensor bytes, long bits) {
    int last = (int) (bits % Byte.SIZE);
    return last == 0 || (bytes.bytes(bytes.count() - 1, 1).get() & 0xFF) >>> last == 0;
  }

  /** The bit that comes next. */
  long position() {
    return next * Byte.SIZE - ahead;
  }

  /**
   * Goes behind the next {@code ones} ones, and returns how many of them are missing: 0 if none is.
   */
  long skip(long ones) {
    long missing = ones;
    for (int here = Long.bitCount(word); here < missing; here = Long.bitCount(word)) {
      missing -= here;
      if (!fill()) {
        return missing;
      }
    }
    if (missing > 0) {
      for (; missing > 1; missing--) {
        word &= word - 1;
      }
      takeOne();
    }
    return 0;
  }

  /** Whether nothing but zeros is left, fewer than a byte has. */
  boolean isAtPadding() {
    return end * Byte.SIZE - position() < Byte.SIZE && word == 0;
  }

  /**
   * The number of zeros before the next one, and goes behind that.
   *
   * @throws IllegalStateException if there is no one
   */
  long zeros() {
    long zeros = 0;
    while (word == 0) {
      zeros += ahead;
      if (!fill()) {
        throw new IllegalStateException("no one is left in " + bytes.name());
      }
    }
    return zeros + takeOne();
  }

  /** Goes behind the next one, which is in the word; returns how many bits were before it. */
  private int takeOne() {
    int zeros = Long.numberOfTrailingZeros(word);
    word = word >>> zeros >>> 1;
    ahead -= zeros + 1;
    return zeros;
  }

  /**
   * The next bits, the first one as the lowest.
   *
   * @param length how many, from 0 to 63
   * @throws IllegalStateException if there are fewer
   */
  long bits(int length) {
    long bits = word;
    int have = ahead;
    if (have >= length) {
      word >>>= length;
      ahead -= length;
    } else {
      if (!fill() || ahead < length - have) {
        throw new IllegalStateException("the bits of " + bytes.name() + " are at their end");
      }
      bits |= word << have;
      word >>>= length - have;
      ahead -= length - have;
    }
    return bits & ((1L << length) - 1);
  }

  /** Replaces the word by the next one; at the end it stays, and the answer is no. */
  private boolean fill() {
    if (next == end) {
      return false;
    }
    if (part.remaining() < Long.BYTES && next + part.remaining() < end) {
      part = bytes.bytes(next, (int) Math.min(PART, end - next)).order(ByteOrder.LITTLE_ENDIAN);
    }
    if (part.remaining() >= Long.BYTES) {
      word = part.getLong();
      ahead = Long.SIZE;
    } else {
      word = 0;
      for (ahead = 0; part.hasRemaining(); ahead += Byte.SIZE) {
        word |= (part.get() & 0xFFL) << ahead;
      }
    }
    next += ahead / Byte.SIZE;
    return true;
  }
}
