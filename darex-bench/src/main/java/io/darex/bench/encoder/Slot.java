package io.darex.bench.encoder;

import java.util.Optional;

/** A parameter, its gradient where it has been asked for, and a delta beside it where one is on. */
final class Slot {
  private final Floats value;
  private final int rows;
  private final int columns;
  private Floats gradient;
  private KeptColumns beside;

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

  /** What is added to the parameter wherever it is used; empty for nothing. */
  Optional<KeptColumns> beside() {
    return Optional.ofNullable(beside);
  }

  /** Null takes it away. */
  void setBeside(KeptColumns delta) {
    beside = delta;
  }
}
