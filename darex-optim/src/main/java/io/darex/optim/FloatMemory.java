package io.darex.optim;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The memory of one dense float array, in memory order. */
final class FloatMemory {
  /** Elements per buffer: NIO buffers end at 2 GiB, arrays do not. A multiple of every chunk. */
  private static final int SEGMENT = 1 << 28;

  private final INDArray owner; // the buffers do not keep its memory alive
  private final FloatBuffer[] segments;

  FloatMemory(INDArray array) {
    owner = array;
    long length = array.length();
    // addressPointer and not address: only the former minds the offset of a view.
    FloatPointer memory = new FloatPointer(array.data().addressPointer());
    segments = new FloatBuffer[(int) ((length + SEGMENT - 1) / SEGMENT)];
    for (int i = 0; i < segments.length; i++) {
      long start = (long) i * SEGMENT;
      segments[i] = memory.position(start).limit(Math.min(length, start + SEGMENT)).asBuffer();
    }
  }

  boolean isOf(INDArray array) {
    return owner == array;
  }

  void read(long from, float[] into, int count) {
    segments[(int) (from / SEGMENT)].get((int) (from % SEGMENT), into, 0, count);
  }

  void write(long from, float[] values, int count) {
    segments[(int) (from / SEGMENT)].put((int) (from % SEGMENT), values, 0, count);
  }
}
