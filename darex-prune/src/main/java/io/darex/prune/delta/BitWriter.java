package io.darex.prune.delta;

import io.darex.prune.Tensor;
import io.darex.prune.tensor.ByteTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Bits one after the other, in memory; the first of each byte is its lowest. */
final class BitWriter {
  private static final int CHUNK = 1 << 20;

  private final List<Tensor> chunks = new ArrayList<>();
  private byte[] bytes = new byte[CHUNK];
  private ByteBuffer chunk = over(bytes);

  /** The bits that do not fill a word yet, from the lowest on. */
  private long word;

  /** How many these are, fewer than 64. */
  private int used;

  /** The bytes that so many bits take. */
  static long bytes(long bits) {
    return bits / Byte.SIZE + (bits % Byte.SIZE == 0 ? 0 : 1);
  }

  private static ByteBuffer over(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
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
    chunk.putLong(word);
    if (!chunk.hasRemaining()) {
      chunks.add(new ByteTensor("bits", bytes));
      bytes = new byte[CHUNK];
      chunk = over(bytes);
    }
    word = fitted == Long.SIZE ? 0 : bits >>> fitted;
    used = length - fitted;
  }

  /** Everything as bytes, the last one filled with zeros; nothing can be added afterwards. */
  List<Tensor> finish() {
    for (; used > 0; used -= Byte.SIZE) {
      chunk.put((byte) word);
      word >>>= Byte.SIZE;
    }
    chunks.add(new ByteTensor("bits", Arrays.copyOf(bytes, chunk.position())));
    return List.copyOf(chunks);
  }
}
