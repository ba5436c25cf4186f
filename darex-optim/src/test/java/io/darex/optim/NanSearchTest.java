package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.profiler.OpProfiler;
import org.nd4j.linalg.profiler.ProfilerConfig;

/** AdamR under ND4J's search for NaN and infinity, which looks at whatever an operation writes. */
class NanSearchTest {
  private static final AdamR CONFIG = AdamR.builder().learningRate(0.01).lambda(0.5).build();
  private static final List<DataSet> BATCHES = Networks.batches(DataType.FLOAT, 4);

  @TempDir Path folder;
  private final ProfilerConfig before = OpProfiler.getInstance().getConfig();

  @BeforeEach
  void search() {
    Nd4j.getExecutioner()
        .setProfilingConfig(ProfilerConfig.builder().checkForNAN(true).checkForINF(true).build());
    assertThatThrownBy(() -> Nd4j.ones(DataType.FLOAT, 3).divi(0))
        .hasMessageContaining("P.A.N.I.C");
  }

  @AfterEach
  void stop() {
    Nd4j.getExecutioner().setProfilingConfig(before);
  }

  @ParameterizedTest
  @EnumSource
  void everyPenaltyTrainsAndResumesInEveryNetwork(Penalty penalty) throws IOException {
    AdamR config = CONFIG.toBuilder().penalty(penalty).maxGradientNorm(1).build();
    MultiLayerNetwork layers = Networks.layers(DataType.FLOAT, config, config, config);
    Anchor some = Anchor.start(Anchor.ofLayers("1", "3"));
    AdamR.attach(layers, some);
    layers.fit(BATCHES.get(0));
    MultiLayerNetwork again = copy(layers);
    AdamR.attach(again, some);
    again.fit(BATCHES.get(1));

    ComputationGraph graph = Networks.graph(DataType.FLOAT, config, config, config);
    AdamR.attach(graph, Anchor.start(Anchor.ofLayers("slow_one")));
    graph.fit(BATCHES.get(0));
    graph.setLearningRate(0.02); // sorts the state anew
    graph.fit(BATCHES.get(1));

    SameDiff sd = Networks.sameDiff(DataType.FLOAT, config);
    Anchor body = Anchor.start(Anchor.matching("body.*"));
    AdamR.attach(sd, body);
    sd.fit(BATCHES.get(0));
    sd.save(folder.resolve("sd.fb").toFile(), true);
    SameDiff sdAgain = SameDiff.load(folder.resolve("sd.fb").toFile(), true);
    AdamR.attach(sdAgain, body);
    sdAgain.fit(BATCHES.get(1));
  }

  @ParameterizedTest
  @EnumSource
  void soDoesALoopOfOnesOwn(Penalty penalty) {
    AdamR config = CONFIG.toBuilder().penalty(penalty).build();
    INDArray w = Nd4j.rand(DataType.FLOAT, 3, 4);
    INDArray head = Nd4j.rand(DataType.FLOAT, 4);
    AdamROptimizer optimizer =
        new AdamROptimizer(
            config, Map.of("w", w, "head", head), Anchor.start(name -> name.equals("w")));
    for (int i = 0; i < 3; i++) {
      optimizer.step(Map.of("w", w.mul(2), "head", head.mul(2)));
    }
    assertThat(w.norm2Number().doubleValue()).isPositive();
  }

  private static MultiLayerNetwork copy(MultiLayerNetwork network) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ModelSerializer.writeModel(network, bytes, true);
    return ModelSerializer.restoreMultiLayerNetwork(
        new ByteArrayInputStream(bytes.toByteArray()), true);
  }

  @Test
  void marksOfEarlierVersionsAreUnderstood() {
    stop();
    AnchorPlane plane = new AnchorPlane(Nd4j.create(DataType.FLOAT, 3));
    plane.array().assign(Double.POSITIVE_INFINITY);
    assertThat(plane.known()).isFalse();
    plane.array().assign(Double.NaN);
    assertThat(plane.known()).isTrue();
    assertThat(plane.valueOrNull()).isNull();
    plane.clear();
    assertThat(plane.known()).isFalse();
    plane.fill(null);
    assertThat(plane.known()).isTrue();
    assertThat(plane.valueOrNull()).isNull();
    plane.fill(Nd4j.ones(DataType.FLOAT, 3));
    assertThat(plane.known()).isTrue();
    assertThat(plane.valueOrNull()).isSameAs(plane.array());
  }
}
