package io.darex.optim;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One parameter in an AdamR step: its arrays, all laid out alike, and the configuration it obeys.
 */
final class Slot {
  private final String name;
  private final INDArray parameter;
  private final INDArray m;
  private final INDArray v;
  private final INDArray anchor;
  private final Kernel kernel;
  private AdamR config;
  private INDArray relaid;

  /**
   * A slot over these arrays, which are used, not copied.
   *
   * @param m laid out like the parameter, as {@code v} and {@code anchor}
   * @param anchor null if the parameter has none
   * @throws IllegalArgumentException if the parameter is not dense or of a type AdamR cannot train
   * @throws IllegalStateException if the state is of another size
   */
  Slot(String name, INDArray parameter, INDArray m, INDArray v, INDArray anchor) {
    this(name, parameter, m, v, anchor, (n, theta, m1, v1, a) -> Kernel.of(theta, m1, v1, a));
  }

  /** As above, with a kernel that {@code maker} makes. */
  Slot(
      String name,
      INDArray parameter,
      INDArray m,
      INDArray v,
      INDArray anchor,
      Kernel.Maker maker) {
    if (parameter.elementWiseStride() != 1) {
      throw new IllegalArgumentException(name + " must be dense in memory, it is a strided view");
    }
    checkState(name, parameter, m, v);
    this.name = name;
    this.parameter = parameter;
    this.m = m;
    this.v = v;
    this.anchor = anchor;
    this.kernel = maker.of(name, parameter, m, v, anchor);
  }

  /**
   * Checks the size of a state.
   *
   * @throws IllegalStateException if it is another than the parameter's
   */
  static void checkState(String name, INDArray parameter, INDArray m, INDArray v) {
    if (m.length() != parameter.length() || v.length() != parameter.length()) {
      throw new IllegalStateException(
          "%s has %d elements, its saved state is for %d"
              .formatted(name, parameter.length(), m.length()));
    }
  }

  /**
   * Checks that AdamR can train elements of this type.
   *
   * @throws IllegalArgumentException if not
   */
  static void checkType(String name, INDArray parameter) {
    if (parameter.dataType() != DataType.FLOAT && parameter.dataType() != DataType.DOUBLE) {
      throw new IllegalArgumentException(
          "AdamR trains FLOAT or DOUBLE parameters, %s is %s"
              .formatted(name, parameter.dataType()));
    }
  }

  String name() {
    return name;
  }

  long length() {
    return parameter.length();
  }

  boolean anchored() {
    return anchor != null;
  }

  Kernel kernel() {
    return kernel;
  }

  AdamR config() {
    return config;
  }

  INDArray parameter() {
    return parameter;
  }

  INDArray m() {
    return m;
  }

  INDArray v() {
    return v;
  }

  INDArray anchor() {
    return anchor;
  }

  /** Whether this slot still is over these very arrays. */
  boolean isOver(INDArray otherParameter, INDArray otherM) {
    return parameter == otherParameter && m == otherM;
  }

  /** Sets what the next step goes by, with the gradient that the kernel has. */
  void next(AdamR config) {
    this.config = config;
  }

  /** Sets what the next step goes by. The gradient may be laid out in any way. */
  void next(AdamR config, INDArray gradient) {
    next(config);
    if (sameLayout(parameter, gradient) && gradient.dataType() == parameter.dataType()) {
      kernel.gradient(gradient);
      return;
    }
    if (relaid == null) {
      relaid =
          Nd4j.createUninitializedDetached(
              parameter.dataType(), parameter.ordering(), parameter.shape());
    }
    relaid.assign(gradient);
    kernel.gradient(relaid);
  }

  /**
   * {@code array} itself if its elements lie in memory as those of {@code parameter}, else a copy.
   */
  static INDArray laidOutLike(INDArray parameter, INDArray array) {
    return sameLayout(parameter, array) ? array : array.dup(parameter.ordering());
  }

  private static boolean sameLayout(INDArray a, INDArray b) {
    return b.elementWiseStride() == 1 && (a.ordering() == b.ordering() || a.isVectorOrScalar());
  }
}
