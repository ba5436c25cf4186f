package io.darex.prune.tensor;

import io.darex.prune.DType;
import io.darex.prune.NonFiniteException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Finds NaN and infinity among stored values, eight bytes at a time: they are what has all exponent
 * bits set, and so what, without its sign, carries into the sign's place when one is added to the
 * exponent.
 */
public final class Finiteness {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  static final Found REFUSED =
      (tensor, index, value) -> {
        throw new NonFiniteException(tensor, index, value);
      };

  /** Whatever the bytes mean, they are bytes. */
  public static final Found IGNORED = (tensor, index, value) -> {};

  private Finiteness() {}

  /**
   * Checks {@code length} bytes from the start of {@code values}, which are elements {@code from…}
   * of a tensor. The array's length is a multiple of eight, and what it holds after them is lost.
   *
   * @throws NonFiniteException naming the first that is NaN or infinite
   */
  public static void check(String tensor, DType dtype, long from, byte[] values, int length) {
    check(tensor, dtype, from, values, length, REFUSED);
  }

  /** Takes what is NaN or infinite. */
  @FunctionalInterface
  public interface Found {
    /** Takes the tensor's name, the flat index and the value. */
    void accept(String tensor, long index, double value);
  }

  /** As above, with {@code found} to say what becomes of each of them. */
  public static void check(
      String tensor, DType dtype, long from, byte[] values, int length, Found found) {
    long exponentOne =
        switch (dtype) {
          case F64 -> 0x0010_0000_0000_0000L;
          case F32 -> 0x0080_0000_0080_0000L;
          case F16 -> 0x0400_0400_0400_0400L;
          case BF16 -> 0x0080_0080_0080_0080L;
          default -> 0;
        };
    if (exponentOne == 0) {
      return;
    }
    long signs =
        switch (dtype.bytes()) {
          case 8 -> 0x8000_0000_0000_0000L;
          case 4 -> 0x8000_0000_8000_0000L;
          default -> 0x8000_8000_8000_8000L;
        };
    int padded = length + 7 & ~7;
    Arrays.fill(values, length, padded, (byte) 0);
    long carries = 0;
    for (int at = 0; at < padded; at += Long.BYTES) {
      carries |= ((long) LONGS.get(values, at) & ~signs) + exponentOne;
    }
    if ((carries & signs) != 0) {
      ByteBuffer buffer = ByteBuffer.wrap(values, 0, length).order(ByteOrder.LITTLE_ENDIAN);
      each(tensor, dtype, from, buffer, found);
    }
  }

  private static void each(String tensor, DType dtype, long from, ByteBuffer values, Found found) {
    for (int i = 0; i < values.limit() / dtype.bytes(); i++) {
      int at = i * dtype.bytes();
      double value =
          switch (dtype) {
            case F64 -> values.getDouble(at);
            case F32 -> values.getFloat(at);
            case F16 -> Widening.f16(values.getShort(at));
            default -> Widening.bf16(values.getShort(at));
          };
      if (!Double.isFinite(value)) {
        found.accept(tensor, from + i, value);
      }
    }
  }
}
