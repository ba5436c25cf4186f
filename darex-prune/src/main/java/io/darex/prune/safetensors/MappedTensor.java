package io.darex.prune.safetensors;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import io.darex.prune.file.MappedFile;
import io.darex.prune.tensor.Widening;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A tensor of a mapped safetensors file. */
public final class MappedTensor implements Tensor {
  private static final int PART = 1 << 20;

  private final MappedFile file;
  private final String name;
  private final DType dtype;
  private final long[] shape;
  private final long count;
  private final long start;

  /** Believes its arguments: {@link SafetensorsHeader} has checked them. */
  public MappedTensor(MappedFile file, String name, DType dtype, long[] shape, long start) {
    this.file = file;
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.count = Tensor.count(shape);
    this.start = start;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public long[] shape() {
    return shape;
  }

  @Override
  public long count() {
    return count;
  }

  @Override
  public float at(long index) {
    if (!dtype.isPrunable()) {
      throw notPrunable();
    }
    long offset = start + Objects.checkIndex(index, count) * dtype.bytes();
    return switch (dtype) {
      case F32 -> file.f32(offset);
      case F16 -> Widening.f16(file.i16(offset));
      case BF16 -> Widening.bf16(file.i16(offset));
      case F64 -> (float) file.slice(offset, Double.BYTES).getDouble();
      default -> throw notPrunable();
    };
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    if (!dtype.isPrunable()) {
      throw notPrunable();
    }
    for (int done = 0; done < length; done += PART) {
      int part = Math.min(PART, length - done);
      widen(bytes(from + done, part), into, offset + done, part);
    }
  }

  private void widen(ByteBuffer source, float[] into, int offset, int length) {
    switch (dtype) {
      case F32 -> source.asFloatBuffer().get(into, offset, length);
      case F16 -> {
        for (int i = 0; i < length; i++) {
          into[offset + i] = Widening.f16(source.getShort(Short.BYTES * i));
        }
      }
      case BF16 -> {
        for (int i = 0; i < length; i++) {
          into[offset + i] = Widening.bf16(source.getShort(Short.BYTES * i));
        }
      }
      case F64 -> {
        for (int i = 0; i < length; i++) {
          into[offset + i] = (float) source.getDouble(Double.BYTES * i);
        }
      }
      default -> throw notPrunable();
    }
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    Objects.checkFromIndexSize(from, length, count);
    return file.slice(start + dtype.bytes(from), Math.toIntExact(dtype.bytes(length)));
  }

  private IllegalStateException notPrunable() {
    return new IllegalStateException(
        "tensor " + name + " is " + dtype + ": only F64, F32, F16 and BF16 can be read as fp32");
  }
}
