package io.darex.prune.tensor;

import io.darex.prune.DType;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A tensor in another floating-point type, converted as it is read; whoever reads it as fp32 sees
 * the rounded values.
 */
public final class ConvertedTensor implements Tensor {
  private static final short NAN_F16 = 0x7E00;
  private static final short NAN_BF16 = 0x7FC0;

  private final Tensor tensor;
  private final DType dtype;
  private final boolean strict;

  private ConvertedTensor(Tensor tensor, DType dtype, boolean strict) {
    this.tensor = tensor;
    this.dtype = dtype;
    this.strict = strict;
  }

  /**
   * {@code tensor} in the type {@code dtype}: exactly, or rounded to nearest even where that has
   * fewer bits. Types that no arithmetic reads stay what they are. Reading throws {@link
   * NonFiniteException} for NaN, infinity and values that do not fit {@code dtype}.
   *
   * @param dtype a {@linkplain DType#isPrunable prunable} one
   * @throws IllegalArgumentException if it is another
   */
  public static Tensor of(Tensor tensor, DType dtype) {
    return of(tensor, dtype, true);
  }

  /** As {@link #of}, but NaN and infinity stay what they are: an attention mask's −∞ is one. */
  public static Tensor lenient(Tensor tensor, DType dtype) {
    return of(tensor, dtype, false);
  }

  private static Tensor of(Tensor tensor, DType dtype, boolean strict) {
    if (!dtype.isPrunable()) {
      throw new IllegalArgumentException(
          "expected F64, F32, F16 or BF16 to convert to, got " + dtype);
    }
    return tensor.dtype() == dtype || !tensor.dtype().isPrunable()
        ? tensor
        : new ConvertedTensor(tensor, dtype, strict);
  }

  @Override
  public String name() {
    return tensor.name();
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public long[] shape() {
    return tensor.shape();
  }

  @Override
  public long count() {
    return tensor.count();
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    tensor.read(from, into, offset, length);
    for (int i = 0; i < length; i++) {
      float value = into[offset + i];
      if (!Float.isFinite(value) && !strict) {
        continue;
      }
      NonFiniteException.check(name(), from + i, value);
      float converted =
          switch (dtype) {
            case F16 -> Widening.f16(Narrowing.f16(value));
            case BF16 -> Widening.bf16(Narrowing.bf16(value));
            default -> value;
          };
      if (Float.isInfinite(converted)) {
        throw NonFiniteException.overflow(name(), from + i, value, dtype);
      }
      into[offset + i] = converted;
    }
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    float[] values = new float[length];
    read(from, values, 0, length);
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(length, dtype.bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (dtype) {
        case F16 -> bytes.putShort(Float.isNaN(value) ? NAN_F16 : Narrowing.f16(value));
        case BF16 -> bytes.putShort(Float.isNaN(value) ? NAN_BF16 : Narrowing.bf16(value));
        case F64 -> bytes.putDouble(value);
        default -> bytes.putFloat(value);
      }
    }
    return bytes.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }
}
