package io.darex.bench.encoder;

/** A parameter, and its gradient where it has been asked for. */
final class Slot {
  private final Floats value;
  private final int rows;
  private final int columns;
  private Floats gradient;

  /**
   * @param shape {@code [rows, columns]} or {@code [columns]}
   */
  Slot(Floats value, long[] shape) {
    this.value = value;
    rows = shape.length == 1 ? 1 : Math.toIntExact(shape[0]);
    columns = Math.toIntExact(shape[shape.length - 1]);
  }

  Floats value() {
    return value;
  }

  /** How many elements it has. */
  long size() {
    return (long) rows * columns;
  }

  boolean hasShape(long[] shape) {
    return columns == shape[shape.length - 1] && rows == (shape.length == 1 ? 1 : shape[0]);
  }

  int rows() {
    return rows;
  }

  int columns() {
    return columns;
  }

  /** A copy of the elements. */
  float[] copy() {
    float[] elements = new float[rows * columns];
    value.get(0, elements, elements.length);
    return elements;
  }

  Floats gradient() {
    return gradient;
  }

  void setGradient(Floats memory) {
    gradient = memory;
  }
}
