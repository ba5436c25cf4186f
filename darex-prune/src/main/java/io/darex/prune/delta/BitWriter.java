package io.darex.prune.delta;

import io.darex.prune.Tensor;
import io.darex.prune.tensor.ByteTensor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Bits one after the other, in memory; the first of each byte is its lowest. */
final class BitWriter {
  private static final int CHUNK = 1 << 20;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final List<Tensor> chunks = new ArrayList<>();
  private byte[] chunk = new byte[CHUNK];

  /** How many bytes of it are written. */
  private int filled;

  /** The bits that do not fill a word yet, from the lowest on. */
  private long word;

  /** How many these are, fewer than 64. */
  private int used;

  /** The bytes that so many bits take. */
  static long bytes(long bits) {
    return bits / Byte.SIZE + (bits % Byte.SIZE == 0 ? 0 : 1);
  }

  /** Adds {@code zeros} zeros and a one. */
  void unary(long zeros) {
    long rest = zeros;
    for (; rest >= Long.SIZE; rest -= Long.SIZE) {
      bits(0, Long.SIZE);
    }
    bits(1L << rest, (int) rest + 1);
  }

  /**
   * Adds bits, the lowest first.
   *
   * @param length how many, from 0 to 64; all higher bits of {@code bits} are zero
   */
  void bits(long bits, int length) {
    word |= bits << used;
    if (used + length < Long.SIZE) {
      used += length;
      return;
    }
    int fitted = Long.SIZE - used;
    LONGS.set(chunk, filled, word);
    filled += Long.BYTES;
    if (filled == CHUNK) {
      chunks.add(new ByteTensor("bits", chunk));
      chunk = new byte[CHUNK];
      filled = 0;
    }
    word = fitted == Long.SIZE ? 0 : bits >>> fitted;
    used = length - fitted;
  }

  /** Everything as bytes, the last one filled with zeros; nothing can be added afterwards. */
  List<Tensor> finish() {
    for (; used > 0; used -= Byte.SIZE) {
      chunk[filled++] = (byte) word;
      word >>>= Byte.SIZE;
    }
    chunks.add(new ByteTensor("bits", Arrays.copyOf(chunk, filled)));
    return List.copyOf(chunks);
  }
}
