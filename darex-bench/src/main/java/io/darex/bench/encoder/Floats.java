package io.darex.bench.encoder;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Floats in host memory: a parameter's, or a buffer that grows to the largest batch it has met.
 *
 * <p>Loops copy rows to heap arrays, work there and copy back: the copies stay in the first-level
 * cache, and the compiler vectorises loops over heap arrays alone.
 */
final class Floats implements AutoCloseable {
  private FloatPointer memory;
  private FloatBuffer buffer;

  /** An empty buffer. */
  Floats() {
    wrap(new FloatPointer(1));
  }

  /**
   * The elements of an array, row-major.
   *
   * @throws IllegalArgumentException if they are no floats, or not dense and row-major
   */
  static Floats of(INDArray array) {
    if (array.dataType() != DataType.FLOAT || array.ordering() != 'c' || array.isView()) {
      throw new IllegalArgumentException(
          "need dense row-major FLOAT: " + array.shapeInfoToString());
    }
    Floats floats = new Floats();
    floats.close();
    // addressPointer and not address: only the former minds the offset of a view.
    floats.wrap(new FloatPointer(array.data().addressPointer()).capacity(array.length()));
    return floats;
  }

  /** A copy of these elements. */
  static Floats of(float[] values) {
    Floats floats = new Floats().reserve(values.length);
    floats.put(0, values, values.length);
    return floats;
  }

  private void wrap(FloatPointer pointer) {
    memory = pointer;
    buffer = pointer.asBuffer();
  }

  /**
   * Makes room for {@code count} floats; what was there is lost if it grows.
   *
   * @throws OutOfMemoryError if there is no memory; then it is empty, and may be tried again
   */
  Floats reserve(long count) {
    if (count > buffer.capacity()) {
      close();
      try {
        wrap(new FloatPointer(count));
      } catch (OutOfMemoryError e) {
        wrap(new FloatPointer(1)); // and not what is freed
        throw e;
      }
    }
    return this;
  }

  /** The first {@code count} elements become those of another. */
  void copy(Floats from, long count) {
    Pointer.memcpy(memory, from.memory, count * Float.BYTES);
  }

  /** Adds to an element. */
  void add(long index, float addend) {
    int at = Math.toIntExact(index);
    buffer.put(at, buffer.get(at) + addend);
  }

  long capacity() {
    return buffer.capacity();
  }

  /** The memory; whoever takes it must not free it. */
  FloatPointer memory() {
    return memory;
  }

  /** The address of an element. */
  long address(long index) {
    return memory.address() + index * Float.BYTES;
  }

  void get(long from, float[] into, int count) {
    get(from, into, 0, count);
  }

  void get(long from, float[] into, int at, int count) {
    buffer.get(Math.toIntExact(from), into, at, count);
  }

  /** {@code into[i]} becomes element {@code from + places[i]}. */
  void gather(long from, int[] places, float[] into) {
    int start = Math.toIntExact(from);
    for (int i = 0; i < places.length; i++) {
      into[i] = buffer.get(start + places[i]);
    }
  }

  void put(long from, float[] values, int count) {
    buffer.put(Math.toIntExact(from), values, 0, count);
  }

  @Override
  public void close() {
    memory.close();
  }
}
