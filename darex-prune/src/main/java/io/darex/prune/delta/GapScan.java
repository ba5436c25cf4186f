package io.darex.prune.delta;

import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import io.darex.prune.file.MalformedFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Reads the gaps of one tensor from first byte to last, as if an enemy had written them, and finds
 * where each block's begin. After that the blocks can be {@linkplain GapCode#decode decoded} each
 * by itself.
 */
final class GapScan {
  private static final int PART = 1 << 20;

  private final Path path;
  private final Tensor gaps;
  private final long bytes;
  private ByteBuffer part = ByteBuffer.allocate(0);
  private long read;

  /** Per block, the byte its code begins at; at last, where the last one ends. */
  private final long[] starts;

  /** Per block, how many elements are kept up to its end. */
  private final long[] ends;

  private GapScan(Path path, Tensor gaps, int blocks) {
    this.path = path;
    this.gaps = gaps;
    this.bytes = gaps.count();
    this.starts = new long[blocks + 1];
    this.ends = new long[blocks];
  }

  /**
   * Scans the gaps of a tensor.
   *
   * @param gaps U8 {@code [bytes]}; its name is for messages
   * @param count the elements of the tensor they belong to
   * @param kept how many of these its values say are kept
   * @throws MalformedFileException naming block and byte of the first fault
   */
  static GapScan of(Path path, Tensor gaps, long count, long kept) throws IOException {
    long blocks = TensorMask.blocks(count);
    // Each block has its count at least, so a file cannot make us allocate more than it holds.
    if (gaps.count() < blocks) {
      throw new MalformedFileException(
          path, gaps.name() + " to have a count for each of " + blocks + " blocks", gaps.count());
    }
    GapScan scan = new GapScan(path, gaps, Math.toIntExact(blocks));
    scan.scan(count, kept);
    return scan;
  }

  /** The places as a mask that decodes them when asked. */
  TensorMask places() {
    return (block, into) -> {
      long start = starts[(int) block];
      return GapCode.decode(gaps.bytes(start, (int) (starts[(int) block + 1] - start)), into);
    };
  }

  /** Per block, how many elements are kept up to its end. */
  long[] ends() {
    return ends;
  }

  private void scan(long count, long kept) throws IOException {
    long before = 0;
    for (int block = 0; block < ends.length; block++) {
      int length = (int) Math.min(TensorMask.BLOCK, count - (long) block * TensorMask.BLOCK);
      starts[block] = read;
      int here = varint(block);
      if (here > length) {
        throw fault(block, "at most " + length + " kept elements", here);
      }
      before += here;
      if (before > kept) {
        throw fault(block, "as many kept elements as there are values, " + kept, "more");
      }
      ends[block] = before;
      int next = 0;
      for (int i = 0; i < here; i++) {
        int gap = varint(block);
        if (gap >= length - next) {
          throw fault(block, "gaps that end within " + length + " elements", next + gap);
        }
        next += gap + 1;
      }
    }
    starts[ends.length] = read;
    if (before < kept) {
      throw new MalformedFileException(
          path, gaps.name() + " to keep as many elements as there are values, " + kept, before);
    }
    if (read < bytes) {
      throw new MalformedFileException(
          path, gaps.name() + " to end with its last block at byte " + read, bytes + " bytes");
    }
  }

  private int varint(int block) throws IOException {
    int value = 0;
    for (int i = 0; i < GapCode.MAX_VARINT; i++) {
      byte next = next(block);
      value |= (next & 0x7F) << (7 * i);
      if (next >= 0) {
        if (next == 0 && i > 0) {
          throw fault(block, "numbers in as few bytes as they need", i + 1 + " for " + value);
        }
        return value;
      }
    }
    throw fault(block, "numbers of at most " + GapCode.MAX_VARINT + " bytes", "more");
  }

  private byte next(int block) throws IOException {
    if (!part.hasRemaining()) {
      if (read == bytes) {
        throw fault(block, "another byte", "the end");
      }
      part = gaps.bytes(read, (int) Math.min(PART, bytes - read));
    }
    read++;
    return part.get();
  }

  private MalformedFileException fault(int block, String expected, Object found) {
    return new MalformedFileException(
        path, expected + " in " + gaps.name() + ", block " + block + ", byte " + read, found);
  }
}
