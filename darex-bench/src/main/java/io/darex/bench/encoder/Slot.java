package io.darex.bench.encoder;

/** A parameter and its gradient, where it has been asked for. */
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

  int rows() {
    return rows;
  }

  int columns() {
    return columns;
  }

  Floats gradient() {
    return gradient;
  }

  void setGradient(Floats memory) {
    gradient = memory;
  }
}
