package io.darex.prune.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.DType;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Pruning;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

class ModelWeightsTest {
  /** Element by element and by coordinates: ND4J's own idea of row-major order. */
  private static float[] byCoordinates(INDArray array) {
    float[] values = new float[(int) array.length()];
    long[] at = new long[array.rank()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.rank() == 0 ? array.getFloat(0) : array.getFloat(at);
      for (int k = array.rank() - 1; k >= 0 && ++at[k] == array.size(k); k--) {
        at[k] = 0;
      }
    }
    return values;
  }

  @ParameterizedTest
  @EnumSource
  void namesShapesAndValuesAreTheModels(Models kind) {
    Models.Model model = kind.create();
    assertThat(model.weights().copy().tensors()).containsOnlyKeys(model.arrays().keySet());
    model
        .arrays()
        .forEach(
            (name, array) -> {
              Tensor tensor = model.weights().copy().tensors().get(name);
              assertThat(tensor.name()).isEqualTo(name);
              assertThat(tensor.dtype()).isEqualTo(DType.F32);
              assertThat(tensor.shape()).isEqualTo(array.shape());
              assertThat(Checkpoints.values(tensor)).isEqualTo(byCoordinates(array));
            });
    assertThat(model.weights().copy().config()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aCopyIsOfTheMoment(Models kind) {
    Models.Model model = kind.create();
    Checkpoint copy = model.weights().copy();
    copy.tensors()
        .forEach(
            (name, tensor) -> {
              INDArray array = model.arrays().get(name);
              float[] before = byCoordinates(array);
              array.addi(1);
              assertThat(Checkpoints.values(tensor)).isEqualTo(before);
            });
  }

  /** The whole way of a user: train, prune, load what came out. */
  @ParameterizedTest
  @EnumSource
  void whatWasTrainedCanBePrunedAndLoaded(Models kind) {
    Models.Model model = kind.create();
    INDArray before = model.output().get().dup();
    Checkpoint base = model.weights().copy();
    model.train().run();
    INDArray after = model.output().get().dup();
    SparseDelta delta =
        new Pruning(new RandomMask(1, 0), Models.allBut(kind.head))
            .prune(base, model.weights().copy());
    model.weights().load(base);
    assertThat(model.output().get()).isEqualTo(before);
    model.weights().load(delta.applyTo(base));
    assertThat(model.output().get().equalsWithEps(after, 1e-6)).isTrue();
    assertThat(after.equalsWithEps(before, 1e-6)).isFalse();
  }

  @Property(tries = 300)
  void anyLayoutReadsAndWritesInRowMajorOrder(@ForAll long seed) {
    Random random = new Random(seed);
    INDArray array = layout(random);
    float[] expected = byCoordinates(array);
    boolean onHost = random.nextInt(4) > 0;
    ModelWeights weights = ModelWeights.of(Map.of("w", array), onHost);
    Tensor tensor = weights.parameters().get("w");
    int from = random.nextInt(expected.length + 1);
    int length = random.nextInt(expected.length - from + 1);
    float[] read = new float[length + 3];
    tensor.read(from, read, 3, length);
    assertThat(Arrays.copyOfRange(read, 3, read.length))
        .isEqualTo(Arrays.copyOfRange(expected, from, from + length));
    assertThat(Checkpoints.values(weights.copy().tensors().get("w"))).isEqualTo(expected);
    if (from < expected.length) {
      assertThat(tensor.at(from)).isEqualTo(expected[from]);
    }

    FloatTensor other = Checkpoints.random(seed, "w", 1, array.shape());
    weights.load(Checkpoints.of(other));
    assertThat(byCoordinates(array)).isEqualTo(Checkpoints.values(other));
  }

  /** An array with dimensions in any order, of which only a part may be seen. */
  private static INDArray layout(Random random) {
    int rank = random.nextInt(5);
    if (rank == 0) {
      return Nd4j.scalar(1.5f);
    }
    long[] shape = new long[rank];
    INDArrayIndex[] part = new INDArrayIndex[rank];
    for (int k = 0; k < rank; k++) {
      shape[k] = 1L + random.nextInt(6);
      long start = random.nextInt((int) shape[k]);
      part[k] = NDArrayIndex.interval(start, start + 1L + random.nextInt((int) (shape[k] - start)));
    }
    INDArray all =
        Nd4j.createFromArray(Checkpoints.values(Checkpoints.random(1, "w", 1, shape)))
            .reshape('c', shape)
            .dup(random.nextBoolean() ? 'c' : 'f');
    INDArray seen = random.nextBoolean() ? all : all.get(part);
    if (seen.rank() < 2) {
      return seen;
    }
    List<Integer> order = new ArrayList<>();
    for (int k = 0; k < seen.rank(); k++) {
      order.add(k);
    }
    Collections.shuffle(order, random);
    return seen.permute(order.stream().mapToInt(Integer::intValue).toArray());
  }

  @Test
  void loadListsAllThatDiffersAndTouchesNothing() {
    Models.Model model = Models.SAME_DIFF.create();
    float[] before = Checkpoints.values(model.weights().copy().tensors().get("encoder.bias"));
    Checkpoint other =
        Checkpoints.of(
            Checkpoints.random(1, "encoder.bias", 1, 250),
            Checkpoints.random(1, "encoder.weight", 1, 300, 250),
            Checkpoints.random(1, "pooler", 1, 2));
    assertThatThrownBy(() -> model.weights().load(other))
        .isInstanceOf(MismatchException.class)
        .hasMessage(
            "tensor classifier.weight: the checkpoint has none of that name; "
                + "tensor encoder.weight: shape [250, 300] in the model, got [300, 250]; "
                + "tensor pooler: the model has none of that name");
    assertThat(Checkpoints.values(model.weights().copy().tensors().get("encoder.bias")))
        .isEqualTo(before);
  }

  @Test
  void loadTakesTheNamesOfAnotherModelClass() {
    Models.Model model = Models.SAME_DIFF.create();
    Checkpoint renamed =
        Models.tuned(
            1, model.weights().copy(), name -> name.startsWith("encoder") ? "bert." + name : name);
    model.weights().load(renamed);
    assertThat(Checkpoints.values(model.weights().copy().tensors().get("encoder.bias")))
        .isEqualTo(Checkpoints.values(renamed.tensors().get("bert.encoder.bias")));
  }

  @Test
  void loadNamesABadValue() {
    Models.Model model = Models.SAME_DIFF.create();
    Map<String, Tensor> tensors = new TreeMap<>(model.weights().copy().tensors());
    float[] values = Checkpoints.values(tensors.get("encoder.weight"));
    values[70_000] = Float.NaN;
    tensors.put("encoder.weight", new FloatTensor("encoder.weight", new long[] {250, 300}, values));
    Checkpoint bad = new InMemoryCheckpoint(new TreeMap<>(tensors), Optional.empty());
    assertThatThrownBy(() -> model.weights().load(bad))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("encoder.weight, element 70000");
  }

  @ParameterizedTest
  @EnumSource
  void theModelMustBeFloat(Models kind) {
    assertThatThrownBy(() -> kind.create(DataType.DOUBLE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("must be FLOAT", kind.head, " is DOUBLE; ");
  }

  @Test
  void anUninitialisedNetworkIsRefused() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(new DenseLayer.Builder().nIn(2).nOut(2).build())
                .build());
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .graphBuilder()
                .addInputs("in")
                .addLayer("out", new DenseLayer.Builder().nIn(2).nOut(2).build(), "in")
                .setOutputs("out")
                .build());
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(() -> ModelWeights.of(network), () -> ModelWeights.of(graph))) {
      assertThatThrownBy(call)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("call init() first");
    }
  }
}
