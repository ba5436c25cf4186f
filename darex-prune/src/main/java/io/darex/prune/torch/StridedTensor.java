package io.darex.prune.torch;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import io.darex.prune.file.MappedFile;
import io.darex.prune.safetensors.MappedTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import lombok.RequiredArgsConstructor;

/**
 * A tensor whose elements do not lie row after row in its file, such as a transposed one of torch:
 * they are gathered when they are read.
 */
@RequiredArgsConstructor
final class StridedTensor implements Tensor {
  private final MappedFile file;
  private final String name;
  private final DType dtype;
  private final long[] shape;

  /** How far neighbours along each dimension lie apart, in elements. */
  private final long[] strides;

  /** Of the first element, from the file's start. */
  private final long start;

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
  public void read(long from, float[] into, int offset, int length) {
    // Widened as any tensor of a file is, for the gathered bytes are one.
    MappedFile gathered = MappedFile.of(file.path(), bytes(from, length));
    new MappedTensor(gathered, name, dtype, new long[] {length}, 0).read(0, into, offset, length);
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    Objects.checkFromIndexSize(from, length, count());
    int size = dtype.bytes();
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(length, size));
    long[] index = new long[shape.length];
    long rest = from;
    long at = start;
    for (int d = shape.length - 1; d >= 0 && length > 0; d--) {
      index[d] = rest % shape[d];
      rest /= shape[d];
      at += index[d] * strides[d] * size;
    }
    for (int i = 0; i < length; i++) {
      bytes.put(file.slice(at, size));
      for (int d = shape.length - 1; d >= 0; d--) {
        at += strides[d] * size;
        if (++index[d] < shape[d]) {
          break;
        }
        at -= shape[d] * strides[d] * size;
        index[d] = 0;
      }
    }
    return bytes.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }
}
