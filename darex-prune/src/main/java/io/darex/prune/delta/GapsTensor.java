package io.darex.prune.delta;

import io.darex.prune.Blocks;
import io.darex.prune.DType;
import io.darex.prune.KeptTensor;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;
import lombok.AccessLevel;
import lombok.RequiredArgsConstructor;

/** The places of kept entries in {@link GapCode}, U8 {@code [bytes]}, coded as it is read. */
@RequiredArgsConstructor(access = AccessLevel.PRIVATE)
final class GapsTensor implements Tensor {
  private final KeptTensor kept;

  /** For every block, the bytes up to its end. */
  private final long[] ends;

  /** The gaps of several tensors; where each block's bytes end is found on {@code threads}. */
  static List<GapsTensor> of(Collection<KeptTensor> tensors, int threads) {
    List<KeptTensor> all = List.copyOf(tensors);
    int[] blocks =
        all.stream()
            .mapToInt(kept -> (int) TensorMask.blocks(Tensor.count(kept.shape())))
            .toArray();
    long[][] ends = Arrays.stream(blocks).mapToObj(long[]::new).toArray(long[][]::new);
    Blocks.forEach(
        threads,
        blocks,
        () -> {
          char[] offsets = new char[TensorMask.BLOCK];
          return (tensor, block) ->
              ends[tensor][block] =
                  GapCode.size(offsets, all.get(tensor).places().block(block, offsets));
        });
    return IntStream.range(0, blocks.length)
        .mapToObj(
            tensor -> {
              Arrays.parallelPrefix(ends[tensor], Long::sum);
              return new GapsTensor(all.get(tensor), ends[tensor]);
            })
        .toList();
  }

  @Override
  public String name() {
    return kept.name();
  }

  @Override
  public DType dtype() {
    return DType.U8;
  }

  @Override
  public long[] shape() {
    return new long[] {ends.length == 0 ? 0 : ends[ends.length - 1]};
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    throw new IllegalStateException("the gaps of " + name() + " are bytes");
  }

  @Override
  public ByteBuffer bytes(long from, int length) {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    int block = holding(from);
    while (bytes.hasRemaining()) {
      long first = block == 0 ? 0 : ends[block - 1];
      ByteBuffer code = code(block, (int) (ends[block] - first));
      if (first < from) {
        code.position((int) (from - first));
      }
      bytes.put(code.limit(Math.min(code.limit(), code.position() + bytes.remaining())));
      block++;
    }
    return bytes.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The block that has byte {@code index}; none is without bytes. */
  private int holding(long index) {
    int found = Arrays.binarySearch(ends, index + 1);
    return found >= 0 ? found : -found - 1;
  }

  private ByteBuffer code(int block, int bytes) {
    char[] offsets = new char[kept.kept(block)];
    kept.places().block(block, offsets);
    ByteBuffer code = ByteBuffer.allocate(bytes);
    GapCode.encode(offsets, offsets.length, code);
    return code.flip();
  }
}
