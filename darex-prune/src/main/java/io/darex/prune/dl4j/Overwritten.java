package io.darex.prune.dl4j;

import io.darex.prune.mask.TensorMask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a switch has overwritten: enough to put it all back, bit for bit, without asking the delta
 * again. Six bytes an entry; the memory grows to what the largest delta needs and is used again.
 */
final class Overwritten {
  private static final int PART = 1 << 16;

  private final List<Run> runs = new ArrayList<>();
  private char[][] offsets = {};
  private float[][] values = {};
  private long size;

  /** Of the last run, at hand because every entry asks. */
  private Parameter lastParameter;

  private long lastBlock;

  /**
   * Neighbours of one parameter in one block of {@link TensorMask#BLOCK} elements.
   *
   * @param from where they begin in our arrays; they end where the next run begins
   */
  private record Run(Parameter parameter, long block, long from) {}

  /** Notes a value that is about to be overwritten. */
  void add(Parameter parameter, long index, float value) {
    long block = index / TensorMask.BLOCK;
    if (block != lastBlock || parameter != lastParameter) {
      runs.add(new Run(parameter, block, size));
      lastBlock = block;
      lastParameter = parameter;
    }
    int part = (int) (size / PART);
    if (part == values.length) {
      grow();
    }
    offsets[part][(int) (size % PART)] = (char) (index % TensorMask.BLOCK);
    values[part][(int) (size % PART)] = value;
    size++;
  }

  private void grow() {
    char[][] moreOffsets = Arrays.copyOf(offsets, offsets.length + 1);
    float[][] moreValues = Arrays.copyOf(values, values.length + 1);
    moreOffsets[offsets.length] = new char[PART];
    moreValues[values.length] = new float[PART];
    offsets = moreOffsets;
    values = moreValues;
  }

  /** Puts every value back and forgets it. */
  void putBack() {
    for (int from = 0; from < runs.size(); ) {
      int first = from;
      Parameter parameter = runs.get(first).parameter;
      int end = first;
      while (end < runs.size() && runs.get(end).parameter == parameter) {
        end++;
      }
      int last = end;
      parameter.edit(
          elements -> {
            for (int run = first; run < last; run++) {
              putBack(run, elements);
            }
          });
      from = end;
    }
    runs.clear();
    lastParameter = null;
    size = 0;
  }

  private void putBack(int index, Elements elements) {
    Run run = runs.get(index);
    long start = run.block * TensorMask.BLOCK;
    long end = index + 1 < runs.size() ? runs.get(index + 1).from : size;
    for (long i = run.from; i < end; i++) {
      int part = (int) (i / PART);
      int at = (int) (i % PART);
      elements.set(start + offsets[part][at], values[part][at]);
    }
  }

  /** Bytes of memory held. */
  long bytes() {
    return (long) values.length * PART * (Character.BYTES + Float.BYTES);
  }
}
