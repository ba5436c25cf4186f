package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonDataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The README's examples, compiled, run and compared with the README letter by letter. */
class ReadmeTest {
  private static final Pattern EXAMPLE =
      Pattern.compile("    // README begins\n(.*?)\n    // README ends", Pattern.DOTALL);

  private static DataSetIterator data() {
    return new SingletonDataSetIterator(new DataSet(Nd4j.rand(8, 3), Nd4j.rand(8, 2)));
  }

  @Test
  void sameDiffTrainsEverything() {
    SameDiff sd = network();
    INDArray body = sd.getVariable("body").getArr().dup();
    INDArray head = sd.getVariable("classifier").getArr().dup();

    train(sd, data(), 5, 5);

    assertThat(sd.getVariable("body").getArr()).isNotEqualTo(body);
    assertThat(sd.getVariable("classifier").getArr()).isNotEqualTo(head);
  }

  @Test
  void multiLayerNetworkTrainsAllButWhatIsFrozen() {
    MultiLayerNetwork pretrained =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(new DenseLayer.Builder().nIn(3).nOut(4).build())
                .layer(new DenseLayer.Builder().nIn(4).nOut(4).build())
                .layer(output())
                .build());
    pretrained.init();
    Map<String, INDArray> before = copies(pretrained.paramTable());

    Map<String, INDArray> after = train(pretrained, data(), 5, 2).paramTable();

    assertThat(after.get("0_W")).isEqualTo(before.get("0_W"));
    assertThat(after.get("1_W")).isNotEqualTo(before.get("1_W"));
    assertThat(after.get("1_W").distance2(before.get("1_W"))).isLessThan(1e-2);
    assertThat(after.get("2_W")).isNotEqualTo(before.get("2_W"));
  }

  @Test
  void computationGraphTrainsEverything() {
    ComputationGraph pretrained =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .graphBuilder()
                .addInputs("input")
                .addLayer("encoder", new DenseLayer.Builder().nIn(3).nOut(4).build(), "input")
                .addLayer("classifier", output(), "encoder")
                .setOutputs("classifier")
                .build());
    pretrained.init();
    Map<String, INDArray> before = copies(pretrained.paramTable());

    Map<String, INDArray> after = train(pretrained, data(), 5).paramTable();

    assertThat(after.get("encoder_W")).isNotEqualTo(before.get("encoder_W"));
    assertThat(after.get("encoder_W").distance2(before.get("encoder_W"))).isLessThan(1e-2);
    assertThat(after.get("classifier_W")).isNotEqualTo(before.get("classifier_W"));
  }

  @Test
  void theReadmeHasTheseVeryExamples() throws IOException {
    List<String> sources =
        EXAMPLE
            .matcher(Files.readString(Path.of("src/test/java/io/darex/optim/ReadmeTest.java")))
            .results()
            .map(
                found ->
                    found
                        .group(1)
                        .lines()
                        .map(line -> line.substring(4))
                        .collect(Collectors.joining("\n")))
            .toList();

    assertThat(sources).hasSize(3);
    assertThat(sources)
        .allSatisfy(
            source ->
                assertThat(Path.of("..", "README.md"))
                    .content()
                    .contains("```java\n" + source + "\n```"));
  }

  private static void train(SameDiff sd, DataSetIterator train, int steps, int epochs) {
    // README begins
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(
                AdamR.builder()
                    .learningRateSchedule(WarmupLinearSchedule.ofFraction(2e-5, 0.06, steps))
                    .lambda(1e-2)
                    .build())
            .dataSetFeatureMapping("input")
            .dataSetLabelMapping("label")
            .build());
    AdamR.attach(sd, Anchor.start(name -> !name.startsWith("classifier"))); // all but the head
    sd.fit(train, epochs);
    // README ends
  }

  private static MultiLayerNetwork train(
      MultiLayerNetwork pretrained, DataSetIterator train, int epochs, int classes) {
    // README begins
    AdamR adamR = AdamR.builder().learningRate(2e-5).lambda(1e-2).build();
    MultiLayerNetwork network =
        new TransferLearning.Builder(pretrained)
            .fineTuneConfiguration(new FineTuneConfiguration.Builder().updater(adamR).build())
            .setFeatureExtractor(0) // layer 0 is frozen
            .nOutReplace(2, classes, WeightInit.XAVIER) // layer 2 is a new head
            .build();
    AdamR.attach(network, Anchor.start(Anchor.ofLayers("1")));
    network.fit(train, epochs);
    // README ends
    return network;
  }

  private static ComputationGraph train(
      ComputationGraph pretrained, DataSetIterator train, int epochs) {
    // README begins
    AdamR adamR = AdamR.builder().learningRate(2e-5).lambda(1e-5).penalty(Penalty.L1_PROX).build();
    ComputationGraph network =
        new TransferLearning.GraphBuilder(pretrained)
            .fineTuneConfiguration(new FineTuneConfiguration.Builder().updater(adamR).build())
            .build();
    NetworkAdamR attached = AdamR.attach(network, Anchor.start(Anchor.matching("encoder*")));
    network.addListeners(new DeltaListener(attached, 100)); // shows the deltas every 100 iterations
    network.fit(train, epochs);
    // README ends
    return network;
  }

  private static OutputLayer output() {
    return new OutputLayer.Builder(LossFunction.MSE).nIn(4).nOut(2).build();
  }

  private static Map<String, INDArray> copies(Map<String, INDArray> arrays) {
    Map<String, INDArray> copies = new TreeMap<>();
    arrays.forEach((name, array) -> copies.put(name, array.dup()));
    return copies;
  }

  private static SameDiff network() {
    SameDiff sd = SameDiff.create();
    SDVariable input = sd.placeHolder("input", DataType.FLOAT, -1, 3);
    SDVariable label = sd.placeHolder("label", DataType.FLOAT, -1, 2);
    SDVariable body = sd.var("body", Nd4j.rand(3, 4));
    SDVariable head = sd.var("classifier", Nd4j.rand(4, 2));
    SDVariable output = input.mmul(body).mmul(head);
    sd.loss.meanSquaredError("loss", label, output, null);
    sd.setLossVariables("loss");
    return sd;
  }
}
