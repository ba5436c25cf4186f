package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class AnchorTest {
  private static final AdamR CONFIG = AdamR.builder().build();

  @TempDir Path folder;

  @Test
  void patternsMatchWholeNames() {
    Predicate<String> names = Anchor.matching("layer.?.w*", "[a].b");
    assertThat(
            Stream.of("layer.1.w", "layer.1.weight", "layer.10.w", "a layer.1.w", "[a].b", "axb"))
        .filteredOn(names)
        .containsExactly("layer.1.w", "layer.1.weight", "[a].b");
  }

  @Test
  void layersAreWhatComesBeforeTheLastUnderscore() {
    Predicate<String> names = Anchor.ofLayers("1", "slow_one");
    assertThat(Stream.of("1_W", "11_W", "slow_one_W", "slow_W", "1"))
        .filteredOn(names)
        .containsExactly("1_W", "slow_one_W");
  }

  @Test
  void comesFromANetworkOrItsFile() throws IOException {
    MultiLayerNetwork layers = Networks.layers(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
    ComputationGraph graph = Networks.graph(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
    SameDiff sd = Networks.sameDiff(DataType.FLOAT, CONFIG);
    Path layersFile = folder.resolve("layers.zip");
    Path graphFile = folder.resolve("graph.zip");
    Path sdFile = folder.resolve("model.fb");
    ModelSerializer.writeModel(layers, layersFile.toFile(), true);
    ModelSerializer.writeModel(graph, graphFile.toFile(), false);
    sd.save(sdFile.toFile(), false);

    Predicate<String> body = Anchor.matching("1_W", "fast_W", "body.w");
    for (Anchor anchor : new Anchor[] {Anchor.of(layers, body), Anchor.of(layersFile, body)}) {
      assertHas(anchor, "1_W", layers.getParam("1_W"));
    }
    for (Anchor anchor : new Anchor[] {Anchor.of(graph, body), Anchor.of(graphFile, body)}) {
      assertHas(anchor, "fast_W", graph.getParam("fast_W"));
    }
    for (Anchor anchor : new Anchor[] {Anchor.of(sd, body), Anchor.of(sdFile, body)}) {
      assertHas(anchor, "body.w", sd.getVariable("body.w").getArr());
    }
  }

  private static void assertHas(Anchor anchor, String name, INDArray value) {
    assertThat(anchor.given()).isTrue();
    assertThat(anchor.valueOr(name, null)).isEqualTo(value);
    assertThat(anchor.valueOr("head.w", null)).isNull();
  }

  @Test
  void whatIsChosenMustBeThereInTheAnchor() {
    MultiLayerNetwork network = Networks.layers(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
    ComputationGraph graph = Networks.graph(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
    assertThatThrownBy(() -> AdamR.attach(network, Anchor.of(graph, name -> true)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("fast_W: no such parameter")
        .hasMessageContaining("1_W: chosen, but the anchor has no such parameter")
        .hasMessageContaining("2_gamma: chosen");
    assertThatThrownBy(() -> Anchor.of(graph, Anchor.matching("layer*")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no parameter is chosen")
        .hasMessageContaining("slow_one_W");
  }

  @Test
  void filesThatAreNoModelsAreNamed() throws IOException {
    Path missing = folder.resolve("missing.zip");
    assertThatThrownBy(() -> Anchor.of(missing, name -> true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("missing.zip");
    Path text = Files.writeString(folder.resolve("text.zip"), "PK is how it begins");
    assertThatThrownBy(() -> Anchor.of(text, name -> true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("text.zip is not a model");
  }

  @Test
  void valuesAreLetGoOnceTheyAreCopied() {
    Anchor anchor = Anchor.of(Map.of("w", Nd4j.zeros(1))).namesOnly();
    assertThat(anchor.given()).isFalse();
    assertThat(anchor.covers("w")).isTrue();
    assertThat(anchor.covers("b")).isFalse();
  }
}
