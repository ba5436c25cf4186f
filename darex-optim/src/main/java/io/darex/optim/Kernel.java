package io.darex.optim;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The arithmetic of an AdamR step on one parameter, for any range of its elements.
 *
 * <p>Ranges start at multiples of {@link AdamRStep#PIECE}; different ones may run at the same time.
 * Sums are taken in double whatever the type of the elements: ND4J's float reductions lose digits
 * over millions of them.
 */
interface Kernel {
  /** Sets the gradient of the next step: same type, shape and layout as the parameter. */
  void gradient(INDArray gradient);

  /** Σ g². NaN or infinite exactly if some gradient is, or if a square leaves the double range. */
  double gradientSquares(long from, long to);

  /** Σ v. */
  double secondMoments(long from, long to);

  /** Takes the step in one pass and returns the new Σ v. */
  double advance(long from, long to, Coefficients by);

  /**
   * The kernel for parameters of this type in host memory.
   *
   * @param anchor null if there is none
   * @throws IllegalArgumentException if there is none for the type
   * @throws IllegalStateException if the arrays are not in host memory
   */
  static Kernel of(INDArray parameter, INDArray m, INDArray v, INDArray anchor) {
    if (Nd4j.getExecutioner().type() != OpExecutioner.ExecutionerType.NATIVE_CPU) {
      throw new IllegalStateException(
          "AdamR needs parameters in host memory, this backend is " + Nd4j.getExecutioner().type());
    }
    return switch (parameter.dataType()) {
      case FLOAT -> new FloatKernel(parameter, m, v, anchor);
      case DOUBLE -> new DoubleKernel(parameter, m, v, anchor);
      default ->
          throw new IllegalArgumentException(
              "AdamR trains FLOAT or DOUBLE parameters, got " + parameter.dataType());
    };
  }
}
