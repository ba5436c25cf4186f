package io.darex.prune;

import io.darex.prune.mask.TensorMask;
import java.util.Arrays;

/**
 * The kept entries of one tensor's delta, unscaled: per block of {@value TensorMask#BLOCK} elements
 * their offsets in the block, ascending, and their values. A block's offsets fit sixteen bits, so
 * an entry takes six bytes, however it was chosen, and no tensor is too large for an array.
 */
public final class KeptTensor {
  private final String name;
  private final long[] shape;
  private final char[][] offsets;
  private final float[][] values;

  /**
   * Takes over the arrays.
   *
   * @param name the tuned tensor's name
   * @param shape the full tensor's dimensions, a linear weight as {@code [out, in]}
   * @param offsets per block, the offsets of the kept elements, ascending
   * @param values per block, their values
   * @throws IllegalArgumentException if the arrays do not fit the shape or each other
   */
  public KeptTensor(String name, long[] shape, char[][] offsets, float[][] values) {
    long blocks = TensorMask.blocks(Tensor.count(shape));
    if (offsets.length != blocks || values.length != blocks) {
      throw new IllegalArgumentException(
          name
              + " has "
              + blocks
              + " blocks, got offsets of "
              + offsets.length
              + ", values of "
              + values.length);
    }
    for (int block = 0; block < blocks; block++) {
      if (offsets[block].length != values[block].length) {
        throw new IllegalArgumentException(
            name
                + ", block "
                + block
                + ": "
                + offsets[block].length
                + " offsets for "
                + values[block].length
                + " values");
      }
    }
    this.name = name;
    this.shape = shape.clone();
    this.offsets = offsets;
    this.values = values;
  }

  /** The tuned tensor's name. */
  public String name() {
    return name;
  }

  /** The full tensor's dimensions; the caller must not modify the array. */
  public long[] shape() {
    return shape;
  }

  /** How many entries are kept. */
  public long kept() {
    long kept = 0;
    for (float[] block : values) {
      kept += block.length;
    }
    return kept;
  }

  /** The kept values as a tensor {@code [kept]}, in index order. */
  public Tensor values() {
    return new Segments(name, values);
  }

  /** Sees every kept entry in index order. */
  public void forEach(EntryConsumer consumer) {
    for (int block = 0; block < offsets.length; block++) {
      long start = (long) block * TensorMask.BLOCK;
      for (int i = 0; i < offsets[block].length; i++) {
        consumer.accept(start + offsets[block][i], values[block][i]);
      }
    }
  }

  /** Takes one kept entry. */
  @FunctionalInterface
  public interface EntryConsumer {
    /** Takes the entry's flat index in the full tensor and its unscaled value. */
    void accept(long index, float value);
  }

  /**
   * Adds {@code kept / q} to elements {@code [from, from + length)}, which lie in {@code
   * into[offset…]}. A division each, in fp32, as DARE does it: a multiplication by 1/q would round
   * twice.
   */
  void addTo(long from, float[] into, int offset, int length, float q) {
    long end = from + length;
    for (long start = from - from % TensorMask.BLOCK; start < end; start += TensorMask.BLOCK) {
      char[] places = offsets[(int) (start / TensorMask.BLOCK)];
      float[] entries = values[(int) (start / TensorMask.BLOCK)];
      int i = start < from ? firstAtLeast(places, (int) (from - start)) : 0;
      int stop = (int) Math.min(TensorMask.BLOCK, end - start);
      int shift = Math.toIntExact(offset + (start - from));
      for (; i < places.length && places[i] < stop; i++) {
        into[shift + places[i]] += entries[i] / q;
      }
    }
  }

  private static int firstAtLeast(char[] places, int least) {
    int found = Arrays.binarySearch(places, (char) least);
    return found >= 0 ? found : -found - 1;
  }
}
