package io.darex.prune.dl4j;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One parameter of a model, live, or of a copy. On the CPU its memory is read and written in place;
 * any other backend is asked for a copy, and a changed copy is assigned back.
 */
final class Parameter implements Tensor {
  private final String name;
  private final INDArray array;

  /** Null where the array does not lie in host memory. */
  private final Elements live;

  Parameter(String name, INDArray array, boolean onHost) {
    this.name = name;
    this.array = array;
    this.live = onHost ? Elements.live(array) : null;
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
    return array.shape();
  }

  @Override
  public float at(long index) {
    return (live == null ? Elements.of(copyOfValues()) : live).get(index);
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    (live == null ? Elements.of(copyOfValues()) : live).read(from, into, offset, length);
  }

  /** Lets {@code change} read and write the elements. */
  void edit(Consumer<Elements> change) {
    if (live != null) {
      change.accept(live);
      return;
    }
    float[] values = copyOfValues();
    change.accept(Elements.of(values));
    try (INDArray changed = Nd4j.create(values, array.shape(), 'c').detach()) {
      array.assign(changed);
    }
  }

  /** The same parameter of a copy of its own. */
  Parameter copy() {
    return new Parameter(name, rowMajor(), live != null);
  }

  private float[] copyOfValues() {
    try (INDArray copy = rowMajor()) {
      return copy.data().asFloat();
    }
  }

  /** A copy, which must outlive whatever workspace the caller is in. */
  private INDArray rowMajor() {
    return array.dup('c').detach();
  }
}
