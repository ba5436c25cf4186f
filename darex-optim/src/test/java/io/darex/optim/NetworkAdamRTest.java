package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class NetworkAdamRTest {
  private static final AdamR CONFIG = AdamR.builder().learningRate(0.01).lambda(0.5).build();
  private static final AdamR FAST = CONFIG.toBuilder().learningRate(0.03).build();
  private static final Anchor BODY = Anchor.start(Anchor.ofLayers("1", "2", "3"));
  private static final List<DataSet> BATCHES = Networks.batches(DataType.FLOAT, 3);

  @Test
  void aHeadOnPlainAdamTrainsAsWithoutUs() {
    MultiLayerNetwork network = Networks.layers(DataType.DOUBLE, CONFIG, FAST, new Adam(0.02));
    NetworkAdamR attached = AdamR.attach(network, BODY);
    DataSet batch = Networks.batches(DataType.DOUBLE, 1).get(0);
    Map<String, INDArray> before = copies(network.paramTable());
    network.setInput(batch.getFeatures());
    network.setLabels(batch.getLabels());
    network.computeGradientAndScore();
    Map<String, INDArray> gradients = copies(network.gradient().gradientForVariable());
    network.fit(batch);

    // Of the gradients' own norm the head's is no part: it is not AdamR's.
    double squares = 0;
    for (String name : List.of("1_W", "1_b", "2_gamma", "2_beta", "3_W", "3_b")) {
      for (double g : Reference.values(gradients.get(name))) {
        squares += g * g / 64;
      }
    }
    assertThat(attached.lastStep().orElseThrow().gradientNorm())
        .isCloseTo(Math.sqrt(squares), within(1e-12));
    INDArray update = gradients.get("4_W").div(8).reshape(6);
    new Adam(0.02).instantiate(Nd4j.zeros(DataType.DOUBLE, 1, 12), true).applyUpdater(update, 0, 0);
    INDArray expected = before.get("4_W").dup('c').subi(update.reshape('c', 3, 2));
    assertThat(network.getParam("4_W").distance2(expected)).isLessThan(1e-14);
    assertThat(network.getParam("4_W").distance2(before.get("4_W"))).isGreaterThan(0.01);
  }

  @Test
  void runningStatisticsAreLeftToBatchNormalisation() {
    MultiLayerNetwork ours = Networks.layers(DataType.FLOAT, CONFIG, FAST, CONFIG);
    MultiLayerNetwork theirs = Networks.layers(DataType.FLOAT, new Sgd(0), new Sgd(0), new Sgd(0));
    theirs.setParams(ours.params());
    AdamR.attach(ours, Anchor.start(name -> true));
    ours.fit(BATCHES.get(0));
    theirs.fit(BATCHES.get(0));
    assertThat(ours.getParam("2_mean")).isEqualTo(theirs.getParam("2_mean"));
    assertThat(ours.getParam("2_log10stdev")).isEqualTo(theirs.getParam("2_log10stdev"));
    assertThat(ours.getParam("2_mean").norm2Number().doubleValue()).isPositive();
    assertThat(ours.getParam("2_gamma")).isNotEqualTo(theirs.getParam("2_gamma"));
  }

  @Test
  void truncatedBackpropagationTakesAStepForEachPart() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .updater(AdamR.builder().learningRate(1e-9).lambda(1e12).build())
                .list()
                .layer(new LSTM.Builder().nIn(3).nOut(4).build())
                .layer(
                    new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(4)
                        .nOut(2)
                        .activation(Activation.SOFTMAX)
                        .build())
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(2)
                .build());
    network.init();
    Map<String, INDArray> anchors =
        Map.of("0_RW", Nd4j.rand(DataType.FLOAT, 4, 16), "0_W", Nd4j.rand(DataType.FLOAT, 3, 16));
    NetworkAdamR attached = AdamR.attach(network, Anchor.of(anchors));
    INDArray label = Nd4j.zeros(DataType.FLOAT, 1, 2, 6);
    label.putScalar(0, 1, 5, 1);
    network.fit(new DataSet(Nd4j.rand(DataType.FLOAT, 1, 3, 6), label));
    assertThat(attached.lastStep().orElseThrow().iteration()).isEqualTo(2);
    // A pull of 1 puts every weight on its anchor; the rate is too small to take it away again.
    assertThat(network.getParam("0_RW").distance2(anchors.get("0_RW"))).isLessThan(1e-5);
    assertThat(network.getParam("0_W").distance2(anchors.get("0_W"))).isLessThan(1e-5);
  }

  @Test
  void transferLearningKeepsFrozenLayersAndAnchorsTheRest() {
    ComputationGraph pretrained =
        Networks.graph(DataType.FLOAT, new Adam(0.1), new Adam(0.1), new Adam(0.1));
    for (DataSet batch : BATCHES) {
      pretrained.fit(batch);
    }
    ComputationGraph tuned =
        new TransferLearning.GraphBuilder(pretrained)
            .fineTuneConfiguration(new FineTuneConfiguration.Builder().updater(CONFIG).build())
            .setFeatureExtractor("slow_one")
            .nOutReplace("head", 2, WeightInit.XAVIER)
            .build();
    NetworkAdamR attached =
        AdamR.attach(tuned, Anchor.of(pretrained, Anchor.ofLayers("slow_one", "fast")));
    for (DataSet batch : BATCHES) {
      tuned.fit(batch);
    }
    assertThat(tuned.getParam("slow_one_W")).isEqualTo(pretrained.getParam("slow_one_W"));
    assertThat(tuned.getParam("fast_W")).isNotEqualTo(pretrained.getParam("fast_W"));
    assertThat(attached.deltas()).containsOnlyKeys("fast");
    assertThat(attached.lastStep().orElseThrow().iteration()).isEqualTo(2);
  }

  @Test
  void nanGradientLeavesEverythingUntouchedAndTrainingCanGoOn() {
    for (Model network :
        List.of(
            Networks.layers(DataType.FLOAT, CONFIG, FAST, CONFIG),
            Networks.graph(DataType.FLOAT, CONFIG, FAST, CONFIG))) {
      attach(network, Anchor.start(name -> !name.startsWith("4") && !name.startsWith("head")));
      fit(network, BATCHES.get(0));
      fit(network, BATCHES.get(1));
      Map<String, INDArray> before = copies(trained(network));
      INDArray state = state(network).dup();
      DataSet poisoned = BATCHES.get(2).copy();
      poisoned.getFeatures().putScalar(0, 0, Double.NaN);

      assertThatThrownBy(() -> fit(network, poisoned))
          .isInstanceOf(ArithmeticException.class)
          .hasMessageMatching("the gradient of \\w+_\\w+ is not finite .* in iteration 2");

      AdamROptimizerTest.assertBitwiseEqual(copies(trained(network)), before);
      AdamROptimizerTest.assertBitwiseEqual(Map.of("s", state(network)), Map.of("s", state));
      fit(network, BATCHES.get(2));
      assertThat(state(network)).isNotEqualTo(state);
    }
  }

  @Test
  void listenersFindTheStepFinishedAndReattachingReplaces() {
    MultiLayerNetwork network = Networks.layers(DataType.FLOAT, CONFIG, FAST, CONFIG);
    Map<Integer, INDArray> seen = new TreeMap<>();
    network.setListeners(
        new BaseTrainingListener() {
          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            seen.put(iteration, model.getParam("1_W").dup());
          }
        });
    AdamR.attach(network, BODY);
    NetworkAdamR second = AdamR.attach(network, BODY);
    assertThat(network.getListeners()).hasSize(2).first().isEqualTo(second);
    network.fit(BATCHES.get(0));
    network.fit(BATCHES.get(1));
    assertThat(seen.get(1)).isEqualTo(network.getParam("1_W"));
    assertThat(seen.get(0)).isNotEqualTo(seen.get(1));
  }

  @Test
  void anotherNetworkThanTheAttachedOneIsRefused() {
    MultiLayerNetwork network = Networks.layers(DataType.FLOAT, CONFIG, FAST, CONFIG);
    NetworkAdamR attached = AdamR.attach(network, BODY);
    MultiLayerNetwork other = network.clone();
    other.setListeners(attached);
    assertThatThrownBy(() -> other.fit(BATCHES.get(0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("attached to another network");
  }

  @Test
  void attachChecksTheNetwork() {
    MultiLayerNetwork norms =
        Networks.layers(
            DataType.FLOAT,
            CONFIG.toBuilder().maxGradientNorm(1).build(),
            CONFIG.toBuilder().maxGradientNorm(2).build(),
            CONFIG);
    assertThatThrownBy(() -> AdamR.attach(norms, BODY))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("1.0 for 1_W and 2.0 for 3_W");
    MultiLayerNetwork other =
        Networks.layers(DataType.FLOAT, new Sgd(1), new Sgd(1), new Adam(0.5));
    assertThatThrownBy(() -> AdamR.attach(other, BODY))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("AdamR must be the updater")
        .hasMessageContaining("Sgd(");
    MultiLayerNetwork nothing = Networks.layers(DataType.FLOAT, CONFIG, FAST, CONFIG);
    assertThatThrownBy(() -> AdamR.attach(nothing, Anchor.start(Anchor.ofLayers("0"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("none of the parameters is anchored (1_W, 1_b,");
    nothing.conf().setOptimizationAlgo(OptimizationAlgorithm.LBFGS);
    assertThatThrownBy(() -> AdamR.attach(nothing, BODY))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("LBFGS");
  }

  @Test
  void misfitsOfAGivenAnchorAreListedTogether() {
    MultiLayerNetwork network = Networks.layers(DataType.FLOAT, CONFIG, FAST, CONFIG);
    Map<String, INDArray> wrong =
        Map.of(
            "1_W", Nd4j.zeros(DataType.FLOAT, 6, 5),
            "3_b", Nd4j.zeros(DataType.DOUBLE, 1, 3),
            "7_W", Nd4j.zeros(DataType.FLOAT, 1));
    assertThatThrownBy(() -> AdamR.attach(network, Anchor.of(wrong)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1_W: parameter is FLOAT[5, 6], anchor is FLOAT[6, 5]")
        .hasMessageContaining("3_b: parameter is FLOAT[3], anchor is DOUBLE[1, 3]")
        .hasMessageContaining("7_W: no such parameter");
  }

  static void attach(Model network, Anchor anchor) {
    if (network instanceof ComputationGraph graph) {
      AdamR.attach(graph, anchor);
    } else {
      AdamR.attach((MultiLayerNetwork) network, anchor);
    }
  }

  static void fit(Model network, DataSet batch) {
    if (network instanceof ComputationGraph graph) {
      graph.fit(batch);
    } else {
      ((MultiLayerNetwork) network).fit(batch);
    }
  }

  static INDArray state(Model network) {
    return network instanceof ComputationGraph graph
        ? graph.updaterState()
        : ((MultiLayerNetwork) network).updaterState();
  }

  /** All but the statistics of batch normalisation, which DL4J updates itself. */
  private static Map<String, INDArray> trained(Model network) {
    Map<String, INDArray> trained = new TreeMap<>(network.paramTable());
    trained.keySet().removeIf(name -> name.endsWith("_mean") || name.endsWith("_log10stdev"));
    return trained;
  }

  static SortedMap<String, INDArray> copies(Map<String, INDArray> arrays) {
    SortedMap<String, INDArray> copies = new TreeMap<>();
    arrays.forEach((name, array) -> copies.put(name, array.dup()));
    return copies;
  }
}
