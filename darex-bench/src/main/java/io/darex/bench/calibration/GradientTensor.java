package io.darex.bench.calibration;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import io.darex.prune.checkpoint.FloatTensor;
import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** An engine's array as a tensor: its very memory, and valid as long as that is. */
final class GradientTensor implements Tensor {
  private final String name;
  private final long[] shape;
  private final FloatBuffer memory;

  private GradientTensor(String name, long[] shape, FloatBuffer memory) {
    this.name = name;
    this.shape = shape;
    this.memory = memory;
  }

  /** A view of the array, or a copy where it is not dense row-major floats in host memory. */
  static Tensor of(String name, INDArray array) {
    boolean dense = array.ordering() == 'c' && !array.isView();
    if (dense && Nd4j.getEnvironment().isCPU()) {
      return new GradientTensor(name, array.shape(), array.data().asNioFloat());
    }
    try (INDArray copy = array.dup('c')) {
      return new FloatTensor(name, array.shape(), copy.data().asFloat());
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return shape;
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    memory.get(Math.toIntExact(from), into, offset, length);
  }
}
