package io.darex.optim;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Small networks of each kind: a frozen layer, two layers of different rates, and a head. */
final class Networks {
  static final int INPUTS = 4;
  static final int CLASSES = 2;

  private Networks() {}

  /** 0 is frozen, 1 and 2 (a batch normalisation) are slow, 3 is fast, 4 is the head. */
  static MultiLayerNetwork layers(DataType type, IUpdater slow, IUpdater fast, IUpdater head) {
    MultiLayerConfiguration conf =
        new NeuralNetConfiguration.Builder()
            .seed(11)
            .dataType(type)
            .activation(Activation.TANH)
            .updater(slow)
            .list()
            .layer(new FrozenLayer(new DenseLayer.Builder().nIn(INPUTS).nOut(5).build()))
            .layer(new DenseLayer.Builder().nIn(5).nOut(6).build())
            .layer(new BatchNormalization.Builder().nIn(6).nOut(6).build())
            .layer(new DenseLayer.Builder().nIn(6).nOut(3).updater(fast).build())
            .layer(output(3, head))
            .build();
    MultiLayerNetwork network = new MultiLayerNetwork(conf);
    network.init();
    return network;
  }

  /** The same as a graph, with slow and fast side by side. */
  static ComputationGraph graph(DataType type, IUpdater slow, IUpdater fast, IUpdater head) {
    ComputationGraph network =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(12)
                .dataType(type)
                .activation(Activation.TANH)
                .updater(slow)
                .graphBuilder()
                .addInputs("in")
                .addLayer(
                    "frozen",
                    new FrozenLayer(new DenseLayer.Builder().nIn(INPUTS).nOut(5).build()),
                    "in")
                .addLayer("slow_one", new DenseLayer.Builder().nIn(5).nOut(6).build(), "frozen")
                .addLayer(
                    "fast", new DenseLayer.Builder().nIn(5).nOut(3).updater(fast).build(), "frozen")
                .addVertex("both", new MergeVertex(), "slow_one", "fast")
                .addLayer("head", output(9, head), "both")
                .setOutputs("head")
                .build());
    network.init();
    return network;
  }

  private static OutputLayer output(int inputs, IUpdater updater) {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nIn(inputs)
        .nOut(CLASSES)
        .activation(Activation.SOFTMAX)
        .updater(updater)
        .build();
  }

  /** The same as a SameDiff, where there is one configuration for all. */
  static SameDiff sameDiff(DataType type, AdamR config) {
    Nd4j.getRandom().setSeed(13);
    SameDiff sd = SameDiff.create();
    SDVariable in = sd.placeHolder("in", type, -1, INPUTS);
    SDVariable label = sd.placeHolder("label", type, -1, CLASSES);
    SDVariable frozen = sd.constant("frozen.w", random(type, INPUTS, 5));
    SDVariable w = sd.var("body.w", random(type, 5, 6));
    SDVariable b = sd.var("body.b", random(type, 6));
    SDVariable head = sd.var("head.w", random(type, 6, CLASSES));
    SDVariable hidden = sd.math.tanh(sd.math.tanh(in.mmul(frozen)).mmul(w).add(b));
    sd.loss.meanSquaredError("loss", label, hidden.mmul(head), null);
    sd.setLossVariables("loss");
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(config)
            .dataSetFeatureMapping("in")
            .dataSetLabelMapping("label")
            .build());
    return sd;
  }

  private static INDArray random(DataType type, long... shape) {
    return Nd4j.randn(DataType.DOUBLE, shape).muli(0.5).castTo(type);
  }

  static List<DataSet> batches(DataType type, int count) {
    Nd4j.getRandom().setSeed(14);
    List<DataSet> batches = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      INDArray in = Nd4j.randn(DataType.DOUBLE, 8, INPUTS).castTo(type);
      INDArray label = Nd4j.zeros(type, 8, CLASSES);
      for (int row = 0; row < 8; row++) {
        label.putScalar(row, in.getDouble(row, 0) > in.getDouble(row, 1) ? 0 : 1, 1);
      }
      batches.add(new DataSet(in, label));
    }
    return batches;
  }
}
