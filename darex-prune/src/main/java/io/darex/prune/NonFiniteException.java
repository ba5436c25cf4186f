package io.darex.prune;

/** A NaN or an infinity where a number is needed; the message names tensor and flat index. */
public final class NonFiniteException extends IllegalArgumentException {
  /**
   * Names the value and its place.
   *
   * @param tensor name of the tensor, with its side where there are two
   * @param index flat row-major index
   * @param value what was found
   */
  public NonFiniteException(String tensor, long index, double value) {
    super("tensor " + tensor + ", element " + index + ": expected a finite number, got " + value);
  }

  /** Of a tensor that is pruned, so that both sides' values are subtracted. */
  public static NonFiniteException pruned(String tensor, long index, double value) {
    return new NonFiniteException(
        "tensor "
            + tensor
            + ", element "
            + index
            + ": expected a finite number, got "
            + value
            + "; a tensor that is excluded is carried as it is");
  }

  private NonFiniteException(String message) {
    super(message);
  }

  /** A finite number that becomes infinite in the type it is to be written as. */
  public static NonFiniteException overflow(String tensor, long index, float value, DType dtype) {
    return new NonFiniteException(
        "tensor "
            + tensor
            + ", element "
            + index
            + ": expected a number that fits "
            + dtype
            + ", got "
            + value
            + "; write another type");
  }

  /**
   * Returns {@code value}.
   *
   * @throws NonFiniteException if it is NaN or infinite
   */
  public static float check(String tensor, long index, float value) {
    if (!Float.isFinite(value)) {
      throw new NonFiniteException(tensor, index, value);
    }
    return value;
  }
}
