package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.LoggerFactory;

class DeltaListenerTest {
  private static final AdamR CONFIG = AdamR.builder().learningRate(0.01).lambda(0.5).build();
  private static final List<DataSet> BATCHES = Networks.batches(DataType.FLOAT, 5);

  @TempDir Path folder;
  private final Logger logger = (Logger) LoggerFactory.getLogger(DeltaListener.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void listen() {
    logger.setLevel(Level.INFO);
    logger.setAdditive(false);
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(log);
    logger.setAdditive(true);
    logger.setLevel(null);
  }

  @Test
  void statisticsAreThoseOfTheDelta() {
    double[] delta = {0.5, -0.25, 0, 0, 1, -2};
    INDArray anchor = Nd4j.createFromArray(3f, 1f, -4f, 1f, 5f, -9f).reshape(2, 3);
    INDArray theta = anchor.add(Nd4j.createFromArray(delta).castTo(DataType.FLOAT).reshape(2, 3));
    Map<String, INDArray> thetas =
        Map.of("a.w", theta.dup('f'), "a.b", Nd4j.ones(DataType.FLOAT, 2), "free", theta);
    Map<String, INDArray> anchors =
        Map.of("a.w", anchor.dup('c'), "a.b", Nd4j.ones(DataType.FLOAT, 2));

    SortedMap<String, DeltaStatistics> layers =
        DeltaStatistics.perLayer(thetas, anchors, name -> name.substring(0, 1));

    assertThat(layers).containsOnlyKeys("a");
    DeltaStatistics a = layers.get("a");
    assertThat(a.count()).isEqualTo(8);
    assertThat(a.meanAbs()).isEqualTo(3.75 / 8);
    assertThat(a.maxAbs()).isEqualTo(2);
    assertThat(a.zeroShare()).isEqualTo(0.5);
    double mean = -0.75 / 8;
    assertThat(a.variance()).isCloseTo(5.3125 / 8 - mean * mean, within(1e-15));
  }

  @Test
  void statisticsDoNotLoseDigitsOverManyElements() {
    // Σ Δ² − n·mean² has 6 digits left here, a float sum of 3 million ones fewer yet.
    int n = 3_000_000;
    INDArray theta = Nd4j.valueArrayOf(new long[] {n}, 1000.0, DataType.FLOAT);
    for (int i = 0; i < n; i += 2) {
      theta.putScalar(i, 1000.0625);
    }
    DeltaStatistics all =
        DeltaStatistics.perLayer(
                Map.of("w", theta), Map.of("w", Nd4j.zeros(DataType.FLOAT, n)), name -> name)
            .get("w");
    assertThat(all.meanAbs()).isEqualTo(1000.03125);
    assertThat(all.variance()).isCloseTo(0.03125 * 0.03125, within(1e-14));
  }

  @Test
  void reportsEveryKindOfNetworkAtTheInterval() throws IOException {
    MultiLayerNetwork layers = Networks.layers(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
    NetworkAdamR ofLayers = AdamR.attach(layers, Anchor.start(Anchor.ofLayers("1", "3")));
    layers.addListeners(new DeltaListener(ofLayers, 2, folder.resolve("layers.jsonl")));
    ComputationGraph graph = Networks.graph(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
    NetworkAdamR ofGraph = AdamR.attach(graph, Anchor.start(Anchor.ofLayers("slow_one")));
    graph.addListeners(new DeltaListener(ofGraph, 2, folder.resolve("graph.jsonl")));
    SameDiff sd = Networks.sameDiff(DataType.FLOAT, CONFIG);
    SameDiffAdamR ofSd = AdamR.attach(sd, Anchor.start(Anchor.matching("body.*")));
    sd.addListeners(new DeltaListener(ofSd, 2, folder.resolve("sd.jsonl")));

    double sdLoss = Double.NaN;
    for (DataSet batch : BATCHES) {
      layers.fit(batch);
      graph.fit(batch);
      sdLoss =
          sd.output(Map.of("in", batch.getFeatures(), "label", batch.getLabels()), "loss")
              .get("loss")
              .getDouble(0);
      sd.fit(batch);
    }

    assertReported("layers.jsonl", ofLayers, layers.score(), "1", "3");
    assertReported("graph.jsonl", ofGraph, graph.score(), "slow_one");
    assertReported("sd.jsonl", ofSd, sdLoss, "body");
    assertThat(sd.getTrainingConfig().getTrainEvaluations()).isEmpty();
    assertThat(log.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .anyMatch(line -> line.startsWith("iteration 4, loss "))
        .anyMatch(line -> line.matches("  slow_one: mean \\|Δ\\| .*, zero .* %"));
    assertThat(log.list).noneMatch(event -> event.getLevel() == Level.WARN);
  }

  private void assertReported(String file, AdamRTraining training, double loss, String... layers)
      throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(file))) {
      lines.add(new ObjectMapper().readTree(line));
    }
    assertThat(lines).extracting(line -> line.get("iteration").asInt()).containsExactly(0, 2, 4);
    JsonNode last = lines.get(2);
    StepReport step = training.lastStep().orElseThrow();
    assertThat(last.get("s").asDouble()).isEqualTo(step.s());
    assertThat(last.get("pull").asDouble()).isEqualTo(step.pull());
    assertThat(last.get("lambda").asDouble()).isEqualTo(0.5);
    assertThat(last.get("learningRate").asDouble()).isEqualTo(0.01);
    assertThat(last.get("loss").asDouble()).isEqualTo(loss).isPositive();
    assertThat(last.get("layers").fieldNames()).toIterable().containsExactly(layers);
    for (String layer : layers) {
      JsonNode delta = last.get("layers").get(layer);
      DeltaStatistics expected = training.deltas().get(layer);
      assertThat(delta.get("meanAbs").asDouble()).isEqualTo(expected.meanAbs()).isPositive();
      assertThat(delta.get("maxAbs").asDouble()).isEqualTo(expected.maxAbs());
      assertThat(delta.get("variance").asDouble()).isEqualTo(expected.variance());
      assertThat(delta.get("zeroShare").asDouble()).isEqualTo(expected.zeroShare());
    }
  }

  @Test
  void warnsOnceOfAClampedPull() {
    MultiLayerNetwork network =
        Networks.layers(DataType.FLOAT, CONFIG.toBuilder().lambda(1e6).build(), CONFIG, CONFIG);
    NetworkAdamR attached = AdamR.attach(network, Anchor.start(Anchor.ofLayers("1", "3")));
    network.addListeners(new DeltaListener(attached, 100));
    for (DataSet batch : BATCHES) {
      network.fit(batch);
    }
    assertThat(log.list)
        .filteredOn(event -> event.getLevel() == Level.WARN)
        .singleElement()
        .extracting(ILoggingEvent::getFormattedMessage)
        .asString()
        .startsWith("iteration 0: λη/s is 1000000.0·0.01/");
  }

  @Test
  void refusesWhatCannotWork() {
    MultiLayerNetwork network = Networks.layers(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
    NetworkAdamR attached = AdamR.attach(network, Anchor.start(Anchor.ofLayers("1")));
    assertThatThrownBy(() -> new DeltaListener(attached, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 0");
    Path nowhere = folder.resolve("nowhere").resolve("deltas.jsonl");
    assertThatThrownBy(() -> new DeltaListener(attached, 1, nowhere))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nowhere");
    MultiLayerNetwork other = Networks.layers(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
    AdamR.attach(other, Anchor.start(Anchor.ofLayers("1")));
    other.addListeners(new DeltaListener(attached, 1));
    assertThatThrownBy(() -> other.fit(BATCHES.get(0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("to the same network");
  }
}
