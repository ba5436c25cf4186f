package io.darex.prune;

import java.util.Arrays;

/** A one-dimensional F32 tensor that lies in many arrays. */
public final class Segments implements Tensor {
  private final String name;
  private final float[][] segments;
  private final long[] ends;

  /** Takes over the arrays; element i is the i-th of them all in order. */
  public Segments(String name, float[][] segments) {
    this.name = name;
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
    return name;
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
    int found = Arrays.binarySearch(ends, from);
    int segment = found >= 0 ? found + 1 : -found - 1;
    for (int done = 0; done < length; segment++) {
      float[] source = segments[segment];
      int start = source.length - (int) (ends[segment] - (from + done));
      int part = Math.min(length - done, source.length - start);
      System.arraycopy(source, start, into, offset + done, part);
      done += part;
    }
  }
}
