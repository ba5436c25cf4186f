package io.darex.prune.dl4j;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.indexer.FloatIndexer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Floats in memory by flat row-major index, in whatever order they lie: DL4J's dense weights are
 * column-major views of one vector of all parameters.
 */
final class Elements {
  private final FloatIndexer memory;

  /** Sizes and strides, row-major, of as few dimensions as describe the layout; one at least. */
  private final long[] sizes;

  private final long[] strides;

  private Elements(FloatIndexer memory, long[] sizes, long[] strides) {
    this.memory = memory;
    this.sizes = sizes;
    this.strides = strides;
  }

  /** The live elements of an array in host memory; the caller keeps the array alive. */
  static Elements live(INDArray array) {
    long span = 1;
    int rank = 0;
    long[] sizes = new long[Math.max(1, array.rank())];
    long[] strides = new long[sizes.length];
    for (int k = 0; k < array.rank(); k++) {
      long size = array.size(k);
      long stride = array.stride(k);
      span += (size - 1) * stride;
      if (size == 1) {
        continue;
      }
      if (rank > 0 && strides[rank - 1] == size * stride) {
        sizes[rank - 1] *= size;
        strides[rank - 1] = stride;
      } else {
        sizes[rank] = size;
        strides[rank++] = stride;
      }
    }
    if (rank == 0) {
      sizes[0] = 1;
      strides[0] = 1;
      rank = 1;
    }
    // addressPointer and not address: only the former minds the offset of a view.
    FloatPointer start = new FloatPointer(array.data().addressPointer());
    FloatIndexer memory = FloatIndexer.create(start.position(0).limit(span));
    return new Elements(memory, Arrays.copyOf(sizes, rank), Arrays.copyOf(strides, rank));
  }

  /** Elements that lie in a Java array, row-major. */
  static Elements of(float[] values) {
    return new Elements(FloatIndexer.create(values), new long[] {values.length}, new long[] {1});
  }

  float get(long index) {
    return memory.get(place(index));
  }

  /**
   * The elements at {@code start} plus each offset. They may be far apart: in a loop of nothing but
   * loads the processor fetches them side by side, four times as fast as one after another.
   */
  float[] get(long start, char[] offsets) {
    float[] values = new float[offsets.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = get(start + offsets[i]);
    }
    return values;
  }

  /** Sets the elements at {@code start} plus each offset. */
  void set(long start, char[] offsets, float[] values) {
    for (int i = 0; i < values.length; i++) {
      memory.put(place(start + offsets[i]), values[i]);
    }
  }

  /** Copies elements {@code [from, from + length)} to {@code into[offset…]}. */
  void read(long from, float[] into, int offset, int length) {
    for (int done = 0; done < length; ) {
      int run = run(from + done, length - done);
      long place = place(from + done);
      long stride = strides[strides.length - 1];
      if (stride == 1) {
        memory.get(place, into, offset + done, run);
      } else {
        for (int i = 0; i < run; i++) {
          into[offset + done + i] = memory.get(place + i * stride);
        }
      }
      done += run;
    }
  }

  /**
   * Copies the first {@code length} of {@code values} to elements {@code [from, from + length)}.
   */
  void write(long from, float[] values, int length) {
    for (int done = 0; done < length; ) {
      int run = run(from + done, length - done);
      long place = place(from + done);
      long stride = strides[strides.length - 1];
      if (stride == 1) {
        memory.put(place, values, done, run);
      } else {
        for (int i = 0; i < run; i++) {
          memory.put(place + i * stride, values[done + i]);
        }
      }
      done += run;
    }
  }

  /** How many elements from {@code index} on, {@code most} at most, lie one stride apart. */
  private int run(long index, int most) {
    long size = sizes[sizes.length - 1];
    return (int) Math.min(most, size - index % size);
  }

  private long place(long index) {
    long rest = index;
    long place = 0;
    for (int k = sizes.length - 1; k > 0; k--) {
      long size = sizes[k];
      long outer = rest / size;
      place += (rest - outer * size) * strides[k];
      rest = outer;
    }
    return place + rest * strides[0];
  }
}
