package io.darex.bench.encoder;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The parameters of an encoder as host memory, and the arrays of their gradients. */
final class Slots implements AutoCloseable {
  private final SortedMap<String, Slot> byName = new TreeMap<>();
  private final SortedMap<String, INDArray> gradients = new TreeMap<>();
  private final SortedMap<String, INDArray> parameters;

  Slots(SortedMap<String, INDArray> parameters) {
    this.parameters = parameters;
    parameters.forEach(
        (name, array) -> byName.put(name, new Slot(Floats.of(array), array.shape())));
  }

  Slot get(String name) {
    return byName.get(name);
  }

  /** The gradients, made at the first call: who only evaluates needs none. */
  SortedMap<String, INDArray> gradients() {
    if (gradients.isEmpty()) {
      parameters.forEach(
          (name, array) -> {
            INDArray gradient = Nd4j.zeros(DataType.FLOAT, array.shape());
            gradients.put(name, gradient);
            byName.get(name).setGradient(Floats.of(gradient));
          });
    }
    return Collections.unmodifiableSortedMap(gradients);
  }

  @Override
  public void close() {
    gradients.values().forEach(INDArray::close);
    gradients.clear();
  }
}
