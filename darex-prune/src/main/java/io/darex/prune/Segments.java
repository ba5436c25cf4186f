package io.darex.prune;

import java.util.Arrays;

/** A one-dimensional F32 tensor that lies in many arrays. */
public final class Segments implements Tensor {
  private final float[][] segments;
  private final long[] ends;

  /** Takes over the arrays; they are read one after the other. */
  public Segments(float[][] segments) {
    this.segments = segments;
    this.ends = new long[segments.length];
    long end = 0;
    for (int i = 0; i < segments.length; i++) {
      end += segments[i].length;
      ends[i] = end;
    }
  }

  @Override
  public String name() {
    return "kept values";
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return new long[] {ends.length == 0 ? 0 : ends[ends.length - 1]};
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    int segment = holding(ends, from);
    for (int done = 0; done < length; segment++) {
      float[] source = segments[segment];
      int start = source.length - (int) (ends[segment] - (from + done));
      int part = Math.min(length - done, source.length - start);
      System.arraycopy(source, start, into, offset + done, part);
      done += part;
    }
  }

  /** The first segment that ends after {@code index}. */
  static int holding(long[] ends, long index) {
    int found = Arrays.binarySearch(ends, index + 1);
    int segment = found >= 0 ? found : -found - 1;
    // Empty segments share their predecessor's end, and a search may land on any of them.
    while (segment > 0 && ends[segment - 1] > index) {
      segment--;
    }
    return segment;
  }
}
