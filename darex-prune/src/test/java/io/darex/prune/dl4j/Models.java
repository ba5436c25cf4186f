package io.darex.prune.dl4j;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Selection;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Small models of every kind, each with a weight of more than one block of a mask. */
enum Models {
  MULTI_LAYER("2") {
    @Override
    Model create(DataType type) {
      MultiLayerNetwork network =
          new MultiLayerNetwork(
              new NeuralNetConfiguration.Builder()
                  .seed(1)
                  .dataType(type)
                  .updater(new Sgd(0.1))
                  .list()
                  .layer(dense(300, 250))
                  .layer(new BatchNormalization.Builder().nIn(250).nOut(250).build())
                  .layer(output(250))
                  .build());
      network.init();
      INDArray input = input(type, 4, 300);
      INDArray labels = labels(type);
      return new Model(
          ModelWeights.of(network),
          network.paramTable(),
          () -> network.output(input),
          () -> network.fit(input, labels));
    }
  },

  RECURRENT("1") {
    @Override
    Model create(DataType type) {
      MultiLayerNetwork network =
          new MultiLayerNetwork(
              new NeuralNetConfiguration.Builder()
                  .seed(2)
                  .dataType(type)
                  .updater(new Sgd(0.1))
                  .list()
                  .layer(new LSTM.Builder().nIn(130).nOut(140).build())
                  .layer(
                      new RnnOutputLayer.Builder(LossFunction.MCXENT)
                          .nIn(140)
                          .nOut(3)
                          .activation(Activation.SOFTMAX)
                          .build())
                  .build());
      network.init();
      INDArray input = input(type, 4, 130, 5);
      INDArray labels = Nd4j.zeros(type, 4, 3, 5);
      labels.putScalar(new int[] {0, 1, 2}, 1);
      return new Model(
          ModelWeights.of(network),
          network.paramTable(),
          () -> network.output(input),
          () -> network.fit(input, labels));
    }
  },

  GRAPH("head") {
    @Override
    Model create(DataType type) {
      ComputationGraph graph =
          new ComputationGraph(
              new NeuralNetConfiguration.Builder()
                  .seed(3)
                  .dataType(type)
                  .updater(new Sgd(0.1))
                  .graphBuilder()
                  .addInputs("in")
                  .addLayer("left", dense(300, 250), "in")
                  .addLayer("right", dense(300, 20), "in")
                  .addVertex("both", new MergeVertex(), "left", "right")
                  .addLayer("head", output(270), "both")
                  .setOutputs("head")
                  .build());
      graph.init();
      INDArray input = input(type, 4, 300);
      INDArray labels = labels(type);
      return new Model(
          ModelWeights.of(graph),
          graph.paramTable(),
          () -> graph.outputSingle(input),
          () -> graph.fit(new INDArray[] {input}, new INDArray[] {labels}));
    }
  },

  SAME_DIFF("classifier") {
    @Override
    Model create(DataType type) {
      SameDiff sd = SameDiff.create();
      SDVariable in = sd.placeHolder("in", type, -1, 300);
      SDVariable weight = sd.var("encoder.weight", random(type, 4, 250, 300));
      SDVariable bias = sd.var("encoder.bias", random(type, 5, 250));
      SDVariable head = sd.var("classifier.weight", random(type, 6, 3, 250));
      SDVariable hidden = sd.math.tanh(in.mmul(sd.transpose(weight)).add(bias));
      sd.nn.softmax("out", hidden.mmul(sd.transpose(head)), 1);
      INDArray input = input(type, 4, 300);
      return new Model(
          ModelWeights.of(sd),
          Map.of(
              weight.name(),
              weight.getArr(),
              bias.name(),
              bias.getArr(),
              head.name(),
              head.getArr()),
          () -> sd.output(Map.of("in", input), "out").get("out"),
          () -> weight.getArr().addi(1e-3));
    }
  };

  /** What the names of the task head begin with. */
  final String head;

  Models(String head) {
    this.head = head;
  }

  /** A model of this kind, the same each time. */
  abstract Model create(DataType type);

  Model create() {
    return create(DataType.FLOAT);
  }

  /** A model, its live arrays, what it makes of a fixed input, and one step of training. */
  record Model(ModelWeights weights, Map<String, INDArray> arrays, Output output, Runnable train) {}

  /** Runs the model. */
  interface Output {
    INDArray get();
  }

  /** Prunes everything but the tensors whose names begin so. */
  static Selection allBut(String head) {
    return new Selection(Selection.Preset.ALL, List.of(), List.of(head + "*"));
  }

  /** The checkpoint with every value moved a little. */
  static Checkpoint tuned(long seed, Checkpoint base, UnaryOperator<String> rename) {
    List<Tensor> tensors = new ArrayList<>();
    base.tensors()
        .forEach(
            (name, tensor) -> tensors.add(Checkpoints.tuned(seed, tensor, rename.apply(name))));
    return InMemoryCheckpoint.of(tensors, Optional.empty());
  }

  private static DenseLayer dense(int in, int out) {
    return new DenseLayer.Builder().nIn(in).nOut(out).activation(Activation.TANH).build();
  }

  private static OutputLayer output(int in) {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nIn(in)
        .nOut(3)
        .activation(Activation.SOFTMAX)
        .build();
  }

  private static INDArray labels(DataType type) {
    INDArray labels = Nd4j.zeros(type, 4, 3);
    labels.putScalar(0, 1, 1);
    return labels;
  }

  private static INDArray input(DataType type, long... shape) {
    return random(type, 7, shape).muli(20);
  }

  private static INDArray random(DataType type, long seed, long... shape) {
    SplittableRandom random = new SplittableRandom(seed);
    INDArray array = Nd4j.zeros(type, shape);
    for (long i = 0; i < array.length(); i++) {
      array.putScalar(i, 0.05 * random.nextGaussian());
    }
    return array;
  }
}
