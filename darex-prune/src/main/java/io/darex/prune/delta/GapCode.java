package io.darex.prune.delta;

import io.darex.prune.TensorMask;
import java.nio.ByteBuffer;

/**
 * How a file says which elements of a block are kept (docs/FORMAT.md §4): how many, then for each
 * the number of elements between it and the one before. Every number is a varint, LEB128: seven
 * bits a byte, lowest first, the high bit set on all but the last byte.
 */
final class GapCode {
  /** The bytes of the largest number there is, a count of {@link TensorMask#BLOCK}. */
  static final int MAX_VARINT = 3;

  private GapCode() {}

  /** The bytes that {@code kept} ascending offsets take. */
  static int size(char[] offsets, int kept) {
    int bytes = varint(kept);
    int next = 0;
    for (int i = 0; i < kept; i++) {
      bytes += varint(offsets[i] - next);
      next = offsets[i] + 1;
    }
    return bytes;
  }

  static void encode(char[] offsets, int kept, ByteBuffer into) {
    put(kept, into);
    int next = 0;
    for (int i = 0; i < kept; i++) {
      put(offsets[i] - next, into);
      next = offsets[i] + 1;
    }
  }

  /** Believes its input: {@link GapScan} has checked it. */
  static int decode(ByteBuffer from, char[] into) {
    int kept = get(from);
    int next = 0;
    for (int i = 0; i < kept; i++) {
      next += get(from);
      into[i] = (char) next++;
    }
    return kept;
  }

  private static int varint(int value) {
    return value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : MAX_VARINT;
  }

  private static void put(int value, ByteBuffer into) {
    int rest = value;
    while (rest > 0x7F) {
      into.put((byte) (rest | 0x80));
      rest >>>= 7;
    }
    into.put((byte) rest);
  }

  private static int get(ByteBuffer from) {
    int value = 0;
    int shift = 0;
    byte next;
    do {
      next = from.get();
      value |= (next & 0x7F) << shift;
      shift += 7;
    } while (next < 0);
    return value;
  }
}
