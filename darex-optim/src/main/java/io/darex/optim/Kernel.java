package io.darex.optim;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The arithmetic of an AdamR step on one parameter, piece by piece.
 *
 * <p>Sums are taken in double whatever the type of the elements: ND4J's float reductions lose
 * digits over millions of them.
 */
public interface Kernel {
  /** Makes the kernel of a parameter whose elements lie elsewhere than in its array. */
  @FunctionalInterface
  interface Maker {
    /**
     * The kernel of one parameter, with the values that the arrays have now.
     *
     * @param anchor null if there is none
     */
    Kernel of(String name, INDArray parameter, INDArray m, INDArray v, INDArray anchor);
  }

  /** Sets the gradient of the next step: same type, shape and layout as the parameter. */
  void gradient(INDArray gradient);

  /** Σ g². NaN or infinite exactly if some gradient is, or if a square leaves the double range. */
  double gradientSquares(long from, long to);

  /** Σ v. */
  double secondMoments(long from, long to);

  /** Takes the step in one pass and returns the new Σ v. */
  double advance(long from, long to, Coefficients by);

  /**
   * What ranges given to the other methods start at multiples of, and are no longer than. Results
   * depend on it, so it is fixed.
   */
  default int piece() {
    return AdamRStep.PIECE;
  }

  /** Whether different ranges may be worked on at the same time, by any thread. */
  default boolean parallel() {
    return true;
  }

  /** Brings the parameter's array up to date, where the elements lie elsewhere. */
  default void parameterToArray() {}

  /** Likewise the arrays of m and v. */
  default void momentsToArrays() {}

  /**
   * The kernel for parameters of this type, see {@link KernelChoice}.
   *
   * @param anchor null if there is none
   * @throws IllegalArgumentException if there is none for the type
   */
  static Kernel of(INDArray parameter, INDArray m, INDArray v, INDArray anchor) {
    KernelChoice choice = KernelChoice.current();
    return switch (parameter.dataType()) {
      case FLOAT ->
          choice == KernelChoice.ND4J
              ? new Nd4jKernel(parameter, m, v, anchor)
              : new FloatKernel(choice.floatLoops(), parameter, m, v, anchor);
      case DOUBLE ->
          choice == KernelChoice.ND4J
              ? new Nd4jKernel(parameter, m, v, anchor)
              : new DoubleKernel(parameter, m, v, anchor);
      default ->
          throw new IllegalArgumentException(
              "AdamR trains FLOAT or DOUBLE parameters, got " + parameter.dataType());
    };
  }
}
