package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.deeplearning4j.util.NetworkUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** Save, restore and go on: bitwise as if never stopped. */
class NetworkResumeTest {
  private static final AdamR CONFIG =
      AdamR.builder()
          .learningRateSchedule(new WarmupLinearSchedule(0.02, 2, 30))
          .lambdaSchedule(new ExponentialSchedule(ScheduleType.EPOCH, 0.9, 0.5))
          .penalty(Penalty.L1_PROX)
          .maxGradientNorm(3)
          .build();
  private static final AdamR FAST = CONFIG.toBuilder().penalty(Penalty.L2).build();
  private static final List<DataSet> BATCHES = Networks.batches(DataType.FLOAT, 5);
  private static final Anchor BODY = Anchor.start(Anchor.ofLayers("1", "2", "3"));
  private static final Anchor ENCODER = Anchor.start(Anchor.ofLayers("slow_one", "fast"));

  @TempDir Path folder;

  @Test
  void multiLayerNetworkGoesOnInTheMiddleOfAnEpoch() throws IOException {
    MultiLayerNetwork straight = Networks.layers(DataType.FLOAT, CONFIG, FAST, new Adam(0.01));
    MultiLayerNetwork first = Networks.layers(DataType.FLOAT, CONFIG, FAST, new Adam(0.01));
    NetworkAdamR expected = AdamR.attach(straight, BODY);
    AdamR.attach(first, BODY);
    straight.fit(new ExistingDataSetIterator(BATCHES));
    straight.fit(new ExistingDataSetIterator(BATCHES));
    first.fit(new ExistingDataSetIterator(BATCHES));
    for (DataSet batch : BATCHES.subList(0, 2)) {
      first.fit(batch);
    }
    File file = folder.resolve("network.zip").toFile();
    ModelSerializer.writeModel(first, file, true);

    MultiLayerNetwork resumed = ModelSerializer.restoreMultiLayerNetwork(file, true);
    NetworkAdamR attached = AdamR.attach(resumed, BODY);
    resumed.fit(new ExistingDataSetIterator(BATCHES.subList(2, 5)));

    assertSame(straight, resumed);
    assertThat(attached.lastStep()).isEqualTo(expected.lastStep());
    assertThat(attached.lastStep().orElseThrow().iteration()).isEqualTo(9);
    assertThat(attached.deltas()).isEqualTo(expected.deltas());
  }

  @Test
  void computationGraphGoesOnInTheMiddleOfAnEpoch() throws IOException {
    ComputationGraph straight = Networks.graph(DataType.FLOAT, CONFIG, FAST, CONFIG);
    ComputationGraph first = Networks.graph(DataType.FLOAT, CONFIG, FAST, CONFIG);
    NetworkAdamR expected = AdamR.attach(straight, ENCODER);
    AdamR.attach(first, ENCODER);
    straight.fit(new ExistingDataSetIterator(BATCHES));
    straight.fit(new ExistingDataSetIterator(BATCHES));
    first.fit(new ExistingDataSetIterator(BATCHES));
    for (DataSet batch : BATCHES.subList(0, 2)) {
      first.fit(batch);
    }
    File file = folder.resolve("graph.zip").toFile();
    ModelSerializer.writeModel(first, file, true);

    ComputationGraph resumed = ModelSerializer.restoreComputationGraph(file, true);
    NetworkAdamR attached = AdamR.attach(resumed, ENCODER);
    resumed.fit(new ExistingDataSetIterator(BATCHES.subList(2, 5)));

    assertSame(straight, resumed);
    assertThat(attached.lastStep()).isEqualTo(expected.lastStep());
    assertThat(attached.deltas()).isEqualTo(expected.deltas());
  }

  /**
   * The lambda schedule here goes by epochs, so the middle of one shows. DL4J counts an iteration
   * only after its listeners have heard that it is done; a model saved then would take the same
   * number twice, so a listener saves where the next iteration starts.
   */
  @Test
  void sameDiffGoesOnInTheMiddleOfAnEpoch() {
    Anchor body = Anchor.start(Anchor.matching("body.*"));
    File file = folder.resolve("model.fb").toFile();
    SameDiff straight = Networks.sameDiff(DataType.FLOAT, CONFIG);
    SameDiffAdamR expected = AdamR.attach(straight, body);
    straight.addListeners(
        new TrainingOnly() {
          @Override
          public void iterationStart(SameDiff sd, At at, MultiDataSet data, long etlTimeMs) {
            if (at.iteration() == 7) {
              sd.save(file, true);
            }
          }
        });
    straight.fit(new ExistingDataSetIterator(BATCHES), 1);
    straight.fit(new ExistingDataSetIterator(BATCHES), 1);

    SameDiff resumed = SameDiff.load(file, true);
    SameDiffAdamR attached = AdamR.attach(resumed, body);
    resumed.fit(new ExistingDataSetIterator(BATCHES.subList(2, 5)), 1);

    AdamROptimizerTest.assertBitwiseEqual(
        SameDiffAdamR.parameters(resumed), SameDiffAdamR.parameters(straight));
    assertThat(attached.lastStep()).isEqualTo(expected.lastStep());
    assertThat(attached.lastStep().orElseThrow().iteration()).isEqualTo(9);
    assertThat(attached.deltas()).isEqualTo(expected.deltas());
  }

  private static void assertSame(Model expected, Model actual) {
    AdamROptimizerTest.assertBitwiseEqual(
        Map.of("θ", actual.params(), "state", NetworkAdamRTest.state(actual)),
        Map.of("θ", expected.params(), "state", NetworkAdamRTest.state(expected)));
  }

  @Test
  void otherAnchorsThanTheSavedOnesAreRefusedAtOnce() throws IOException {
    File file = trained(2);
    MultiLayerNetwork resumed = ModelSerializer.restoreMultiLayerNetwork(file, true);
    assertThatThrownBy(() -> AdamR.attach(resumed, Anchor.start(Anchor.ofLayers("3", "4"))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("1_W has an anchor there; 1_b has an anchor there")
        .hasMessageContaining("4_b has no anchor there");
  }

  @Test
  void givenAnchorsReplaceTheSavedOnes() throws IOException {
    MultiLayerNetwork resumed = ModelSerializer.restoreMultiLayerNetwork(trained(2), true);
    INDArray other = resumed.getParam("1_W").add(1);
    NetworkAdamR attached = AdamR.attach(resumed, Anchor.of(Map.of("1_W", other)));
    resumed.fit(BATCHES.get(2));
    assertThat(attached.deltas()).containsOnlyKeys("1");
    assertThat(attached.deltas().get("1").count()).isEqualTo(30);
    assertThat(attached.deltas().get("1").meanAbs()).isBetween(0.5, 1.1);
  }

  @Test
  void restoringWithoutTheUpdaterNeedsAFreshCount() throws IOException {
    MultiLayerNetwork resumed = ModelSerializer.restoreMultiLayerNetwork(trained(2), false);
    AdamR.attach(resumed, BODY);
    assertThatThrownBy(() -> resumed.fit(BATCHES.get(0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("iteration 2, but AdamR's state is empty");
    resumed.setIterationCount(0);
    resumed.fit(BATCHES.get(0));
  }

  @Test
  void aStateOfAnotherSizeIsRefused() {
    MultiLayerNetwork network = Networks.layers(DataType.FLOAT, CONFIG, FAST, CONFIG);
    INDArray state = network.updaterState().dup();
    INDArray tooLong = Nd4j.concat(0, state, state);
    assertThatThrownBy(() -> network.getUpdater().setStateViewArray(network, tooLong, false))
        .hasMessageContaining(String.valueOf(tooLong.length()));
  }

  @Test
  void changedLambdaTakesEffectOnResumeAndIsSaved() throws IOException {
    MultiLayerNetwork resumed = ModelSerializer.restoreMultiLayerNetwork(trained(2), true);
    NetworkAdamR attached = AdamR.attach(resumed, BODY);
    attached.setLambda(0.125, null);
    resumed.fit(BATCHES.get(2));
    assertThat(attached.lastStep().orElseThrow().lambda()).isEqualTo(0.125);
    File file = folder.resolve("again.zip").toFile();
    ModelSerializer.writeModel(resumed, file, true);
    MultiLayerNetwork again = ModelSerializer.restoreMultiLayerNetwork(file, true);
    NetworkAdamR attachedAgain = AdamR.attach(again, BODY);
    resumed.fit(BATCHES.get(3));
    again.fit(BATCHES.get(3));
    assertSame(resumed, again);
    assertThat(attachedAgain.lastStep()).isEqualTo(attached.lastStep());
  }

  @Test
  void changedLambdaMustNotMergeBlocks() {
    MultiLayerNetwork network =
        Networks.layers(DataType.FLOAT, CONFIG, FAST, FAST.toBuilder().lambda(7).build());
    NetworkAdamR attached = AdamR.attach(network, BODY);
    assertThatThrownBy(() -> attached.setLambda(0.125, null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("3_b and 4_W")
        .hasMessageContaining("0.125");
    assertThatThrownBy(() -> attached.setLambda(-1, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("lambda must be finite and not negative, got -1.0");
  }

  @Test
  void aLearningRateChangedByDl4jTakesEffectAndKeepsTheState() {
    ComputationGraph network = Networks.graph(DataType.FLOAT, CONFIG, FAST, CONFIG);
    NetworkAdamR attached = AdamR.attach(network, ENCODER);
    network.fit(BATCHES.get(0));
    Map<String, DeltaStatistics> before = attached.deltas();
    network.setLearningRate(0); // makes the updater anew
    network.fit(BATCHES.get(1));
    assertThat(attached.lastStep().orElseThrow().learningRate()).isZero();
    assertThat(attached.deltas()).isEqualTo(before);
    assertThat(NetworkUtils.getLearningRate(network, "fast")).isZero();
  }

  private File trained(int steps) throws IOException {
    MultiLayerNetwork network = Networks.layers(DataType.FLOAT, CONFIG, FAST, CONFIG);
    AdamR.attach(network, BODY);
    for (int t = 0; t < steps; t++) {
      network.fit(BATCHES.get(t));
    }
    File file = folder.resolve("trained.zip").toFile();
    ModelSerializer.writeModel(network, file, true);
    return file;
  }

  @Test
  void configurationsRoundTripInJsonAndYaml() {
    MultiLayerConfiguration layers =
        Networks.layers(DataType.FLOAT, CONFIG, FAST, new Adam(0.01)).getLayerWiseConfigurations();
    assertThat(MultiLayerConfiguration.fromJson(layers.toJson())).isEqualTo(layers);
    assertThat(MultiLayerConfiguration.fromYaml(layers.toYaml())).isEqualTo(layers);
    ComputationGraphConfiguration graph =
        Networks.graph(DataType.FLOAT, CONFIG, FAST, CONFIG).getConfiguration();
    assertThat(ComputationGraphConfiguration.fromJson(graph.toJson())).isEqualTo(graph);
    assertThat(ComputationGraphConfiguration.fromYaml(graph.toYaml())).isEqualTo(graph);
    assertThat(layers.toYaml()).contains("l1-prox", "io.darex.optim.WarmupLinearSchedule");
  }
}
