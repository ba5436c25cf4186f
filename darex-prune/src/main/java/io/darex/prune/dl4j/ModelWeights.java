package io.darex.prune.dl4j;

import io.darex.prune.Checkpoint;
import io.darex.prune.MismatchException;
import io.darex.prune.Names;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The weights of a model, to be copied to a checkpoint and loaded from one:
 *
 * <pre>{@code
 * Checkpoint base = ModelWeights.of(network).copy();
 * network.fit(data);
 * SparseDelta delta = new Pruning(mask).prune(base, ModelWeights.of(network).copy());
 * }</pre>
 *
 * <p>There is no checkpoint that shows the model's live weights: training, loading and switching
 * would change it under whoever reads it, and with it every delta made from it.
 *
 * <p>Names, shapes and the order of elements are the model's own: {@code 0_W} of shape {@code [in,
 * out]} for a dense layer of DL4J, row-major whatever the order in memory. The weights are those of
 * {@code paramTable()}, and in SameDiff all variables of type {@code VARIABLE}; the constants of an
 * imported graph are none until {@code convertToVariables}. The model must be FLOAT: a delta is
 * fp32, and what is narrower or wider would not come back as it was.
 */
public final class ModelWeights {
  private static final int CHUNK = 1 << 14;

  private final SortedMap<String, Parameter> parameters;

  private ModelWeights(SortedMap<String, Parameter> parameters) {
    this.parameters = Collections.unmodifiableSortedMap(parameters);
  }

  /**
   * The weights of a network.
   *
   * @throws IllegalStateException if it has not been initialised
   * @throws IllegalArgumentException listing every parameter that is not FLOAT
   */
  public static ModelWeights of(MultiLayerNetwork network) {
    requireInitialised(network.getLayers());
    return of(network.paramTable());
  }

  /**
   * The weights of a graph.
   *
   * @throws IllegalStateException if it has not been initialised
   * @throws IllegalArgumentException listing every parameter that is not FLOAT
   */
  public static ModelWeights of(ComputationGraph graph) {
    requireInitialised(graph.getLayers());
    return of(graph.paramTable());
  }

  /**
   * The weights of a SameDiff graph.
   *
   * @throws IllegalArgumentException listing every variable that is not FLOAT
   */
  public static ModelWeights of(SameDiff sd) {
    Map<String, INDArray> arrays = new TreeMap<>();
    for (SDVariable variable : sd.variables()) {
      if (variable.getVariableType() == VariableType.VARIABLE) {
        arrays.put(variable.name(), variable.getArr());
      }
    }
    return of(arrays);
  }

  private static ModelWeights of(Map<String, INDArray> arrays) {
    return of(arrays, Nd4j.getEnvironment().isCPU());
  }

  static ModelWeights of(Map<String, INDArray> arrays, boolean onHost) {
    SortedMap<String, Parameter> parameters = new TreeMap<>();
    List<String> problems = new ArrayList<>();
    new TreeMap<>(arrays)
        .forEach(
            (name, array) -> {
              if (array.dataType() == DataType.FLOAT) {
                parameters.put(name, new Parameter(name, array, onHost));
              } else {
                problems.add(name + " is " + array.dataType());
              }
            });
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          "deltas are fp32, so the model must be FLOAT (see convertDataType): "
              + String.join("; ", problems));
    }
    return new ModelWeights(parameters);
  }

  private static void requireInitialised(Object[] layers) {
    if (layers == null) {
      throw new IllegalStateException("the network has no weights yet: call init() first");
    }
  }

  SortedMap<String, Parameter> parameters() {
    return parameters;
  }

  /**
   * The weights as they are now, as F32 in memory of their own. The checkpoint has no {@code
   * config.json}.
   */
  public Checkpoint copy() {
    return InMemoryCheckpoint.of(
        parameters.values().stream().map(Parameter::copy).toList(), Optional.empty());
  }

  /**
   * Sets all weights of the model to the values of {@code checkpoint}. Names match as in {@link
   * io.darex.prune.Delta#between}, and each side has all the other has.
   *
   * @throws MismatchException listing every tensor that only one side has, or whose shape differs,
   *     or that is none of F32, F16 and BF16; the model is untouched then
   * @throws NonFiniteException if a value is NaN or infinite; the tensors before it are loaded then
   */
  public void load(Checkpoint checkpoint) {
    SortedMap<String, Tensor> sources = checkpoint.tensors();
    Names matching = new Names(parameters.keySet(), sources.keySet());
    List<String> problems = new ArrayList<>();
    SortedMap<String, String> names = matching.match(parameters.keySet(), problems);
    TreeSet<String> unused = new TreeSet<>(sources.keySet());
    parameters.forEach(
        (name, parameter) -> {
          if (names.containsKey(name)) {
            check(parameter, sources.get(names.get(name)), problems);
          } else if (matching.candidates(name).isEmpty()) {
            problems.add("tensor " + name + ": the checkpoint has none of that name");
          }
          unused.removeAll(matching.candidates(name));
        });
    unused.forEach(name -> problems.add("tensor " + name + ": the model has none of that name"));
    if (!problems.isEmpty()) {
      throw new MismatchException(problems);
    }
    parameters.forEach((name, parameter) -> load(parameter, sources.get(names.get(name))));
  }

  /** Adds to {@code problems} what keeps {@code tensor} from being put into {@code parameter}. */
  static void check(Parameter parameter, Tensor tensor, List<String> problems) {
    if (!tensor.dtype().isPrunable()) {
      problems.add(
          "tensor %s: expected F32, F16 or BF16, got %s".formatted(tensor.name(), tensor.dtype()));
    }
    checkShape(parameter, tensor.name(), tensor.shape(), problems);
  }

  /** Adds to {@code problems} that the shape is another. */
  static void checkShape(Parameter parameter, String name, long[] shape, List<String> problems) {
    if (!Arrays.equals(parameter.shape(), shape)) {
      problems.add(
          "tensor %s: shape %s in the model, got %s"
              .formatted(name, Arrays.toString(parameter.shape()), Arrays.toString(shape)));
    }
  }

  private static void load(Parameter parameter, Tensor tensor) {
    float[] chunk = new float[(int) Math.min(CHUNK, tensor.count())];
    parameter.edit(
        elements -> {
          for (long from = 0; from < tensor.count(); from += chunk.length) {
            int length = (int) Math.min(chunk.length, tensor.count() - from);
            tensor.read(from, chunk, 0, length);
            for (int i = 0; i < length; i++) {
              NonFiniteException.check(tensor.name(), from + i, chunk[i]);
            }
            elements.write(from, chunk, length);
          }
        });
  }
}
