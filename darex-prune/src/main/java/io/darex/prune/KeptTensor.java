package io.darex.prune;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The kept entries of one tensor's delta, unscaled: where they are and what they are. PlaceStorage
 * and values come block by block from wherever they lie: drawn again, decoded from a file, computed
 * from base and tuned model, or held in memory. Reading is thread-safe.
 */
public final class KeptTensor {
  private final String name;
  private final long[] shape;
  private final TensorMask places;
  private final long[] ends;
  private final Tensor values;

  /**
   * Kept entries wherever they lie.
   *
   * @param name the tuned tensor's name
   * @param shape the full tensor's dimensions, a linear weight as {@code [out, in]}
   * @param places which elements are kept
   * @param ends for every block of {@value TensorMask#BLOCK} elements, how many are kept up to its
   *     end
   * @param values the kept values, {@code [kept]}, in index order
   * @throws IllegalArgumentException if these do not fit each other
   */
  public KeptTensor(String name, long[] shape, TensorMask places, long[] ends, Tensor values) {
    long blocks = TensorMask.blocks(Tensor.count(shape));
    if (ends.length != blocks) {
      throw new IllegalArgumentException(
          name + " has " + blocks + " blocks, got counts of " + ends.length);
    }
    this.name = name;
    this.shape = shape.clone();
    this.places = places;
    this.ends = ends;
    this.values = values;
    checkCount(values);
  }

  /**
   * Kept entries in memory, six bytes each; takes over the arrays.
   *
   * @param offsets per block, the offsets of the kept elements, ascending
   * @param values per block, their values
   * @throws IllegalArgumentException if the arrays do not fit the shape or each other
   */
  public KeptTensor(String name, long[] shape, char[][] offsets, float[][] values) {
    this(name, shape, places(offsets), ends(name, offsets, values), new Segments(values));
  }

  /** PlaceStorage that lie in arrays, one for each block. */
  private static TensorMask places(char[][] offsets) {
    return (block, into) -> {
      char[] places = offsets[(int) block];
      System.arraycopy(places, 0, into, 0, places.length);
      return places.length;
    };
  }

  private static long[] ends(String name, char[][] offsets, float[][] values) {
    if (offsets.length != values.length) {
      throw new IllegalArgumentException(
          name + ": offsets of " + offsets.length + " blocks, values of " + values.length);
    }
    long[] ends = new long[offsets.length];
    for (int block = 0; block < ends.length; block++) {
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
      ends[block] = offsets[block].length;
    }
    Arrays.parallelPrefix(ends, Long::sum);
    return ends;
  }

  private void checkCount(Tensor tensor) {
    if (!Arrays.equals(tensor.shape(), new long[] {kept()})) {
      throw new IllegalArgumentException(
          name
              + ": values of shape "
              + Arrays.toString(tensor.shape())
              + " for "
              + kept()
              + " kept entries");
    }
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
    return ends.length == 0 ? 0 : ends[ends.length - 1];
  }

  /** How many entries are kept in one block of {@value TensorMask#BLOCK} elements. */
  public int kept(int block) {
    return (int) (ends[block] - start(block));
  }

  /** Which elements are kept. */
  public TensorMask places() {
    return places;
  }

  /** The kept values as a tensor {@code [kept]}, in index order. */
  public Tensor values() {
    return values;
  }

  /** What every kept entry adds to the base, value / q: F32 {@code [kept]}. */
  public Tensor scaledValues(float q) {
    return new ScaledValues(values, q);
  }

  /** The flat indices of the kept entries as a tensor: I64 {@code [kept]}, ascending. */
  public Tensor indices() {
    return new KeptIndices(name, new KeptPlaces(places, ends));
  }

  /** Sees every kept entry, unscaled, in index order. */
  public void forEach(EntryConsumer consumer) {
    for (int block = 0; block < ends.length; block++) {
      forEach(block, offsets(block), values(block), consumer);
    }
  }

  /** Sees what every kept entry adds to the base, value / q, in fp32, block by block. */
  public void forEachScaled(float q, BlockConsumer consumer) {
    Tensor scaled = scaledValues(q);
    for (int block = 0; block < ends.length; block++) {
      if (kept(block) > 0) {
        consumer.accept((long) block * TensorMask.BLOCK, offsets(block), read(scaled, block));
      }
    }
  }

  /** Takes what is kept of one block. */
  @FunctionalInterface
  public interface BlockConsumer {
    /** Takes where the block starts, the offsets kept there and their values; arrays are copies. */
    void accept(long start, char[] offsets, float[] values);
  }

  private static void forEach(int block, char[] offsets, float[] entries, EntryConsumer consumer) {
    long start = (long) block * TensorMask.BLOCK;
    for (int i = 0; i < offsets.length; i++) {
      consumer.accept(start + offsets[i], entries[i]);
    }
  }

  /** Takes one kept entry. */
  @FunctionalInterface
  public interface EntryConsumer {
    /** Takes the entry's flat index in the full tensor and its value. */
    void accept(long index, float value);
  }

  /**
   * Adds what is kept, scaled, to the elements from {@code from} on that lie in {@code into}, from
   * its index 0 to its limit. A division each, in fp32, as DARE does it: a multiplication by 1/q
   * would round twice.
   */
  void addTo(long from, FloatBuffer into, float q) {
    Tensor scaled = scaledValues(q);
    long end = from + into.limit();
    for (long start = from - from % TensorMask.BLOCK; start < end; start += TensorMask.BLOCK) {
      int block = (int) (start / TensorMask.BLOCK);
      char[] offsets = offsets(block);
      float[] entries = read(scaled, block);
      int i = start < from ? firstAtLeast(offsets, (int) (from - start)) : 0;
      int stop = (int) Math.min(TensorMask.BLOCK, end - start);
      int shift = (int) (start - from);
      for (; i < offsets.length && offsets[i] < stop; i++) {
        int at = shift + offsets[i];
        into.put(at, into.get(at) + entries[i]);
      }
    }
  }

  /**
   * The same places with other values.
   *
   * @param other {@code [kept]}, in index order
   * @throws IllegalArgumentException if there are not as many
   */
  public KeptTensor withValues(Tensor other) {
    return new KeptTensor(name, shape, places, ends, other);
  }

  /** The same places with the values that a delta has there, computed when they are read. */
  public KeptTensor withValues(Delta.Pair pair) {
    return withValues(new DeltaValues(pair, new KeptPlaces(places, ends)));
  }

  /** The same entries from these arrays. */
  KeptTensor inMemory(char[][] offsets, float[][] entries) {
    return new KeptTensor(name, shape, places(offsets), ends, new Segments(entries));
  }

  /** A copy of one block's offsets. */
  char[] offsets(int block) {
    char[] offsets = new char[kept(block)];
    places.block(block, offsets);
    return offsets;
  }

  /** A copy of one block's values. */
  public float[] values(int block) {
    return read(values, block);
  }

  private float[] read(Tensor tensor, int block) {
    float[] part = new float[kept(block)];
    tensor.read(start(block), part, 0, part.length);
    return part;
  }

  private long start(int block) {
    return block == 0 ? 0 : ends[block - 1];
  }

  private static int firstAtLeast(char[] places, int least) {
    int found = Arrays.binarySearch(places, (char) least);
    return found >= 0 ? found : -found - 1;
  }
}
