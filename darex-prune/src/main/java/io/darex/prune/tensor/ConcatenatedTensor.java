package io.darex.prune.tensor;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** The elements of several tensors of one type, one after the other: {@code [elements in all]}. */
public final class ConcatenatedTensor implements Tensor {
  private final String name;
  private final DType dtype;
  private final List<Tensor> parts;

  /** For every part, the number of elements up to its end; parts without any are left out. */
  private final long[] ends;

  /**
   * Takes the parts as they are; they are read as it is read.
   *
   * @param dtype that of all parts, of whole bytes
   * @throws IllegalArgumentException if a part has another type
   */
  public ConcatenatedTensor(String name, DType dtype, Collection<? extends Tensor> parts) {
    for (Tensor part : parts) {
      if (part.dtype() != dtype) {
        throw new IllegalArgumentException(
            name + ": expected parts of type " + dtype + ", got " + part.dtype());
      }
    }
    this.name = name;
    this.dtype = dtype;
    this.parts = parts.stream().<Tensor>map(part -> part).filter(p -> p.count() > 0).toList();
    this.ends = this.parts.stream().mapToLong(Tensor::count).toArray();
    Arrays.parallelPrefix(ends, Math::addExact);
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
    return new long[] {ends.length == 0 ? 0 : ends[ends.length - 1]};
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    visit(from, length, (part, start, count, done) -> part.read(start, into, offset + done, count));
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(length, dtype.bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    visit(from, length, (part, start, count, done) -> bytes.put(part.bytes(start, count)));
    return bytes.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Takes a run of elements that lie in one part. */
  @FunctionalInterface
  private interface Visitor {
    /** Takes elements {@code [start, start + count)} of a part; {@code done} came before. */
    void accept(Tensor part, long start, int count, int done);
  }

  private void visit(long from, int length, Visitor visitor) {
    int found = Arrays.binarySearch(ends, from + 1);
    int part = found >= 0 ? found : -found - 1;
    for (int done = 0; done < length; part++) {
      long start = from + done - (ends[part] - parts.get(part).count());
      int count = (int) Math.min(length - done, parts.get(part).count() - start);
      visitor.accept(parts.get(part), start, count, done);
      done += count;
    }
  }
}
