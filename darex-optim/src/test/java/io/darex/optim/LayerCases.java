package io.darex.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CapsuleLayer;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LearnedSelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.LocallyConnected1D;
import org.deeplearning4j.nn.conf.layers.LocallyConnected2D;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.PrimaryCapsules;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.recurrent.TimeDistributed;
import org.deeplearning4j.nn.conf.layers.samediff.SDLayerParams;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffLayer;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffOutputLayer;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** A small network around each of DL4J's layers and vertices that have parameters. */
final class LayerCases {
  private static final InputType ROW = InputType.feedForward(6);
  private static final InputType SEQUENCE = InputType.recurrent(3, 5);
  private static final InputType IMAGE = InputType.convolutional(6, 6, 2);
  private static final InputType VOLUME =
      InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 4, 4, 4, 2);

  private LayerCases() {}

  /** A layer, what it takes, and whether what it gives is a sequence. */
  record Case(Layer layer, InputType input, boolean sequence) {
    @Override
    public String toString() {
      return layer.getClass().getSimpleName();
    }

    private boolean last() {
      return layer instanceof OutputLayer
          || layer instanceof RnnOutputLayer
          || layer instanceof CenterLossOutputLayer
          || layer instanceof SameDiffOutputLayer;
    }
  }

  @SuppressWarnings("deprecation") // the two of Graves can still be trained
  static List<Case> all() {
    List<Case> cases = new ArrayList<>();
    for (Layer layer :
        List.of(
            new AutoEncoder.Builder().nIn(6).nOut(4).build(),
            new BatchNormalization.Builder().build(),
            new CenterLossOutputLayer.Builder(LossFunction.MSE).nIn(6).nOut(4).build(),
            new DenseLayer.Builder().nIn(6).nOut(4).hasLayerNorm(true).build(),
            new ElementWiseMultiplicationLayer.Builder().nIn(6).nOut(6).build(),
            new OutputLayer.Builder(LossFunction.MSE).nIn(6).nOut(4).build(),
            new PReLULayer.Builder().inputShape(6).build(),
            new VariationalAutoencoder.Builder().nIn(6).nOut(4).build(),
            new Reversed(),
            new Scored())) {
      cases.add(new Case(layer, ROW, false));
    }
    LSTM lstm = new LSTM.Builder().nIn(3).nOut(4).build();
    SimpleRnn rnn = new SimpleRnn.Builder().nIn(3).nOut(4).build();
    for (Layer layer :
        List.of(
            new Bidirectional(lstm),
            new Convolution1DLayer.Builder(2).nIn(3).nOut(4).build(),
            new GravesBidirectionalLSTM.Builder().nIn(3).nOut(4).build(),
            new GravesLSTM.Builder().nIn(3).nOut(4).build(),
            new LocallyConnected1D.Builder()
                .nIn(3)
                .nOut(4)
                .kernelSize(2)
                .setInputSize(5)
                .activation(Activation.TANH)
                .build(),
            lstm,
            new MaskZeroLayer(lstm, -9),
            new RecurrentAttentionLayer.Builder()
                .nIn(3)
                .nOut(4)
                .nHeads(1)
                .headSize(3)
                .projectInput(true)
                .activation(Activation.TANH)
                .build(),
            new RnnOutputLayer.Builder(LossFunction.MSE).nIn(3).nOut(4).build(),
            new SelfAttentionLayer.Builder()
                .nIn(3)
                .nOut(4)
                .nHeads(2)
                .headSize(2)
                .projectInput(true)
                .build(),
            rnn,
            new TimeDistributed(new DenseLayer.Builder().nIn(3).nOut(4).build()))) {
      cases.add(new Case(layer, SEQUENCE, true));
    }
    cases.add(new Case(new LastTimeStep(rnn), SEQUENCE, false));
    for (Layer layer :
        List.of(
            new ConvolutionLayer.Builder(2, 3).nIn(2).nOut(4).build(),
            new Deconvolution2D.Builder(2, 3).nIn(2).nOut(4).build(),
            new DepthwiseConvolution2D.Builder(2, 3).nIn(2).nOut(6).depthMultiplier(3).build(),
            new LocallyConnected2D.Builder()
                .nIn(2)
                .nOut(4)
                .kernelSize(2, 3)
                .setInputSize(6, 6)
                .activation(Activation.TANH)
                .build(),
            new SeparableConvolution2D.Builder(2, 3).nIn(2).nOut(4).depthMultiplier(3).build())) {
      cases.add(new Case(layer, IMAGE, false));
    }
    cases.add(
        new Case(
            new PrimaryCapsules.Builder(2, 2, new int[] {3, 3}, new int[] {1, 1})
                .<PrimaryCapsules>build(),
            IMAGE,
            true));
    cases.add(
        new Case(
            new CapsuleLayer.Builder(2, 3).hasBias(true).<CapsuleLayer>build(), SEQUENCE, true));
    cases.add(new Case(new Convolution3D.Builder(2, 2, 2).nIn(2).nOut(3).build(), VOLUME, false));
    cases.add(
        new Case(
            new Deconvolution3D.Builder().kernelSize(2, 2, 2).nIn(2).nOut(4).build(),
            VOLUME,
            false));
    cases.add(
        new Case(new EmbeddingLayer.Builder().nIn(6).nOut(4).hasBias(true).build(), ROW, false));
    cases.add(
        new Case(
            new EmbeddingSequenceLayer.Builder()
                .nIn(6)
                .nOut(4)
                .hasBias(true)
                .inputLength(5)
                .build(),
            InputType.recurrent(6, 5),
            true));
    return cases;
  }

  /** What DL4J itself fails to compute: its {@code scatter_update} takes no empty shape. */
  static Case broken() {
    Layer layer =
        new LearnedSelfAttentionLayer.Builder()
            .nIn(3)
            .nOut(4)
            .nHeads(2)
            .headSize(2)
            .nQueries(2)
            .projectInput(true)
            .build();
    return new Case(layer, SEQUENCE, true);
  }

  static Case image(Layer layer) {
    return new Case(layer, IMAGE, false);
  }

  static MultiLayerNetwork layers(Case it, IUpdater updater) {
    NeuralNetConfiguration.ListBuilder list = builder(updater).list().layer(it.layer().clone());
    if (!it.last()) {
      list.layer(head(it.sequence()));
    }
    MultiLayerNetwork network = new MultiLayerNetwork(list.setInputType(it.input()).build());
    network.init();
    fill(network.params());
    return network;
  }

  static ComputationGraph graph(Case it, IUpdater updater) {
    var graph =
        builder(updater).graphBuilder().addInputs("in").addLayer("it", it.layer().clone(), "in");
    if (it.last()) {
      graph.setOutputs("it");
    } else {
      graph.addLayer("head", head(it.sequence()), "it").setOutputs("head");
    }
    ComputationGraph network = new ComputationGraph(graph.setInputTypes(it.input()).build());
    network.init();
    fill(network.params());
    return network;
  }

  /** The only vertex with parameters that is not a layer. */
  static ComputationGraph attention(IUpdater updater) {
    GraphVertex attention =
        new AttentionVertex.Builder()
            .nInQueries(3)
            .nInKeys(3)
            .nInValues(3)
            .nOut(4)
            .nHeads(2)
            .headSize(2)
            .projectInput(true)
            .build();
    ComputationGraph network =
        new ComputationGraph(
            builder(updater)
                .graphBuilder()
                .addInputs("in")
                .addVertex("it", attention, "in", "in", "in")
                .addLayer("head", head(true), "it")
                .setOutputs("head")
                .setInputTypes(SEQUENCE)
                .build());
    network.init();
    fill(network.params());
    return network;
  }

  static INDArray features(Case it) {
    if (it.layer() instanceof EmbeddingLayer) {
      return Nd4j.createFromArray(0.0, 2.0, 5.0).reshape(3, 1);
    }
    if (it.layer() instanceof EmbeddingSequenceLayer) {
      return Nd4j.createFromArray(0.0, 2, 5, 1, 1, 3, 3, 0, 4, 5, 2, 2, 2, 1, 0).reshape(3, 1, 5);
    }
    return features(it.input());
  }

  static INDArray sequences() {
    return features(SEQUENCE);
  }

  private static INDArray features(InputType input) {
    Nd4j.getRandom().setSeed(21);
    long[] shape = input.getShape(true);
    shape[0] = 3;
    return Nd4j.randn(DataType.DOUBLE, shape);
  }

  /** No two elements alike, biases included, and all positive, as a variance has to be. */
  private static void fill(INDArray params) {
    Nd4j.getRandom().setSeed(22);
    params.assign(Nd4j.rand(DataType.DOUBLE, params.shape()).muli(0.5).addi(0.1));
  }

  private static NeuralNetConfiguration.Builder builder(IUpdater updater) {
    return new NeuralNetConfiguration.Builder()
        .seed(20)
        .dataType(DataType.DOUBLE)
        .activation(Activation.TANH)
        .updater(updater);
  }

  private static BaseLayer head(boolean sequence) {
    return sequence
        ? new RnnOutputLayer.Builder(LossFunction.MSE).nOut(2).build()
        : new OutputLayer.Builder(LossFunction.MSE).nOut(2).build();
  }

  /** A layer of one's own, which names its parameters in no order of the alphabet. */
  static final class Reversed extends SameDiffLayer {
    @Override
    public void defineParameters(SDLayerParams params) {
      params.addBiasParam("z", 1, 4);
      params.addWeightParam("W", 6, 4);
      params.addWeightParam("a", 4, 4);
    }

    @Override
    public void initializeParameters(Map<String, INDArray> params) {}

    @Override
    public SDVariable defineLayer(
        SameDiff sd, SDVariable in, Map<String, SDVariable> params, SDVariable mask) {
      return sd.math.tanh(in.mmul(params.get("W")).add(params.get("z")).mmul(params.get("a")));
    }

    @Override
    public InputType getOutputType(int index, InputType input) {
      return InputType.feedForward(4);
    }
  }

  /** The same for an output layer. */
  static final class Scored extends SameDiffOutputLayer {
    @Override
    public void defineParameters(SDLayerParams params) {
      params.addBiasParam("z", 1, 4);
      params.addWeightParam("W", 6, 4);
    }

    @Override
    public void initializeParameters(Map<String, INDArray> params) {}

    @Override
    public SDVariable defineLayer(
        SameDiff sd, SDVariable in, SDVariable labels, Map<String, SDVariable> params) {
      SDVariable out = in.mmul("out", params.get("W").add(params.get("z")));
      return sd.math.square(out.sub(labels)).mean("loss");
    }

    @Override
    public String activationsVertexName() {
      return "out";
    }

    @Override
    public InputType getOutputType(int index, InputType input) {
      return InputType.feedForward(4);
    }
  }
}
