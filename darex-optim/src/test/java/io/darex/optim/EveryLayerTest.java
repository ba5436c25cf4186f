package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.params.EmptyParamInitializer;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** Laws of AdamR on every layer that DL4J has parameters for, in both kinds of network. */
class EveryLayerTest {
  /** A pull of 1 and steps too small to matter: after each, θ is the anchor. */
  private static final AdamR ALL_PULL = AdamR.builder().learningRate(1e-9).lambda(1e15).build();

  /** DL4J changes these itself. */
  private static final Set<String> NOT_TRAINED = Set.of("mean", "var", "log10stdev", "cL");

  /** Wrappers that keep a layer's weights as they are, second names, and one without parameters. */
  private static final Set<String> WITHOUT_CASE =
      Set.of(
          "FrozenLayer",
          "FrozenLayerWithBackprop",
          "Convolution1D",
          "Convolution2D",
          "CapsuleStrengthLayer");

  /** Without biases, so that anchored and free parameters lie beside each other. */
  private static final Predicate<String> WEIGHTS =
      name -> !name.endsWith("b") && !name.endsWith("B");

  private interface Build {
    Model with(AdamR config);
  }

  /** With arrays for each alone, for JUnit closes what it hands to a test. */
  static Stream<Arguments> networks() {
    Stream.Builder<Arguments> networks = Stream.builder();
    for (LayerCases.Case it : LayerCases.all()) {
      Build layers = config -> LayerCases.layers(it, config);
      Build graph = config -> LayerCases.graph(it, config);
      networks.add(Arguments.of(it + " among layers", layers, LayerCases.features(it)));
      networks.add(Arguments.of(it + " in a graph", graph, LayerCases.features(it)));
    }
    Build attention = LayerCases::attention;
    networks.add(Arguments.of("AttentionVertex", attention, LayerCases.sequences()));
    return networks.build();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void startedAtTheAnchorAFullPullMovesNothing(String name, Build build, INDArray in) {
    Model network = build.with(ALL_PULL);
    Map<String, INDArray> start = trained(network);
    NetworkAdamR attached = attach(network, Anchor.start(parameter -> true));
    DataSet batch = batch(network, in);
    NetworkAdamRTest.fit(network, batch);
    NetworkAdamRTest.fit(network, batch);
    assertThat(attached.lastStep().orElseThrow().pull()).isEqualTo(1);
    assertClose(trained(network), start, 1e-8);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void startedElsewhereAFullPullGoesToEachParametersOwnAnchor(
      String name, Build build, INDArray in) {
    Model network = build.with(ALL_PULL);
    Map<String, INDArray> anchors = new HashMap<>();
    trained(network)
        .forEach(
            (key, value) -> anchors.put(key, value.add(Nd4j.rand(DataType.DOUBLE, value.shape()))));
    attach(network, Anchor.of(anchors));
    NetworkAdamRTest.fit(network, batch(network, in));
    assertClose(trained(network), anchors, 1e-8);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void eachWeightGoesAgainstItsOwnGradientAndDeltasAreThoseOfTheWeights(
      String name, Build build, INDArray in) {
    double rate = 1e-3;
    Model network = build.with(AdamR.builder().learningRate(rate).lambda(0.1).build());
    NetworkAdamR attached = attach(network, Anchor.start(WEIGHTS));
    Map<String, INDArray> gradients = new TreeMap<>();
    Map<String, INDArray> updates = new TreeMap<>();
    network.addListeners(
        new BaseTrainingListener() {
          @Override
          public void onGradientCalculation(Model model) {
            gradients.putAll(NetworkAdamRTest.copies(model.gradient().gradientForVariable()));
          }

          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            updates.putAll(NetworkAdamRTest.copies(model.gradient().gradientForVariable()));
          }
        });
    Map<String, INDArray> start = trained(network);
    DataSet batch = batch(network, in);
    NetworkAdamRTest.fit(network, batch);
    // At the anchor there is no pull yet, and Adam's first step is as long for all elements.
    trained(network)
        .forEach(
            (parameter, after) -> {
              INDArray moved = start.get(parameter).sub(after);
              assertThat(updates.get(parameter).distance2(moved)).as(parameter).isLessThan(1e-12);
              for (int i = 0; i < moved.length(); i++) {
                double g = gradients.get(parameter).getDouble(i);
                if (Math.abs(g) > 1e-3) {
                  assertThat(moved.getDouble(i))
                      .as("%s, element %d, gradient %s", parameter, i, g)
                      .isCloseTo(Math.copySign(rate, g), within(rate * 1e-3));
                }
              }
            });

    NetworkAdamRTest.fit(network, batch);
    start.keySet().removeIf(WEIGHTS.negate());
    Map<String, DeltaStatistics> expected =
        DeltaStatistics.perLayer(
            trained(network), start, key -> key.substring(0, key.lastIndexOf('_')));
    assertThat(attached.deltas().keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (layer, delta) -> {
          DeltaStatistics actual = attached.deltas().get(layer);
          assertThat(actual.count()).isEqualTo(delta.count());
          assertThat(actual.meanAbs()).isCloseTo(delta.meanAbs(), within(1e-14)).isPositive();
          assertThat(actual.maxAbs()).isEqualTo(delta.maxAbs());
        });
  }

  @Test
  void whatDl4jCannotComputeHasItsPlaceAllTheSame() {
    MultiLayerNetwork network = LayerCases.layers(LayerCases.broken(), ALL_PULL);
    assertThatThrownBy(() -> network.output(LayerCases.sequences()))
        .hasMessageContaining("scatter_update");
    List<NetworkParameter> parameters = NetworkParameter.of(network);
    for (int i = 0; i < parameters.size(); i++) {
      parameters.get(i).shaped().assign(i);
    }
    for (int i = 0; i < parameters.size(); i++) {
      assertThat(parameters.get(i).values().toDoubleVector()).containsOnly(i);
    }
  }

  @Test
  void anUpdaterForTheBiasAloneIsRefusedWhereDl4jWouldGiveItWeights() {
    DepthwiseConvolution2D layer =
        new DepthwiseConvolution2D.Builder(2, 3)
            .nIn(2)
            .nOut(6)
            .depthMultiplier(3)
            .biasUpdater(new Sgd(0.1))
            .build();
    MultiLayerNetwork network = LayerCases.layers(LayerCases.image(layer), ALL_PULL);
    assertThatThrownBy(() -> attach(network, Anchor.start(name -> true)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("0_W lies at [6, 42)")
        .hasMessageContaining("no biasUpdater");
  }

  @Test
  void theCasesAreAllLayersAndVerticesWithParameters() throws Exception {
    Set<String> expected = new TreeSet<>();
    for (Class<?> type : classesOf(Layer.class, "/org/deeplearning4j/nn/conf/layers")) {
      if (Layer.class.isAssignableFrom(type)
          && !Modifier.isAbstract(type.getModifiers())
          && mayHaveParameters(type)) {
        expected.add(type.getSimpleName());
      }
    }
    expected.removeAll(WITHOUT_CASE);
    assertThat(expected).contains("DenseLayer", "SeparableConvolution2D");
    Set<String> cases =
        LayerCases.all().stream().map(LayerCases.Case::toString).collect(Collectors.toSet());
    cases.add(LayerCases.broken().toString());
    assertThat(cases).containsAll(expected);

    // A vertex has parameters as a layer of its own, as SameDiff's have, or around one.
    Set<String> vertices = new TreeSet<>();
    for (Class<?> type : classesOf(Layer.class, "/org/deeplearning4j/nn/conf/graph")) {
      if (SameDiffVertex.class.isAssignableFrom(type)
          && !Modifier.isAbstract(type.getModifiers())) {
        vertices.add(type.getSimpleName());
      } else if (GraphVertex.class.isAssignableFrom(type)
          && !Modifier.isAbstract(type.getModifiers())
          && numParams(type) != 0) {
        vertices.add(type.getSimpleName());
      }
    }
    assertThat(vertices).containsExactly("AttentionVertex", "FrozenVertex", "LayerVertex");
  }

  /** All but those that say that they have none. */
  private static boolean mayHaveParameters(Class<?> type) throws Exception {
    try {
      return !(((Layer) blank(type)).initializer() instanceof EmptyParamInitializer);
    } catch (RuntimeException e) {
      return true; // its parameters are those of a layer that a blank one does not have
    }
  }

  private static long numParams(Class<?> type) throws Exception {
    try {
      return ((GraphVertex) blank(type)).numParams(true);
    } catch (RuntimeException e) {
      return -1;
    }
  }

  /** An object without what its constructor would have needed. */
  private static Object blank(Class<?> type) throws Exception {
    Field field = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe");
    field.setAccessible(true);
    Object unsafe = field.get(null);
    return unsafe.getClass().getMethod("allocateInstance", Class.class).invoke(unsafe, type);
  }

  private static List<Class<?>> classesOf(Class<?> inSameJar, String folder) throws Exception {
    Path jar = Path.of(inSameJar.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (FileSystem files = FileSystems.newFileSystem(jar);
        Stream<Path> all = Files.walk(files.getPath(folder))) {
      return all.map(Path::toString)
          .filter(path -> path.endsWith(".class") && !path.contains("$"))
          .map(path -> path.substring(1, path.length() - ".class".length()).replace('/', '.'))
          .<Class<?>>map(EveryLayerTest::load)
          .toList();
    } catch (IOException e) {
      throw new IllegalStateException(jar + " cannot be listed", e);
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, EveryLayerTest.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static NetworkAdamR attach(Model network, Anchor anchor) {
    return network instanceof ComputationGraph graph
        ? AdamR.attach(graph, anchor)
        : AdamR.attach((MultiLayerNetwork) network, anchor);
  }

  private static DataSet batch(Model network, INDArray in) {
    INDArray out =
        network instanceof ComputationGraph graph
            ? graph.output(in.dup())[0]
            : ((MultiLayerNetwork) network).output(in.dup());
    Nd4j.getRandom().setSeed(23);
    return new DataSet(in.dup(), Nd4j.rand(DataType.DOUBLE, out.shape()));
  }

  private static Map<String, INDArray> trained(Model network) {
    Map<String, INDArray> trained = new TreeMap<>(NetworkAdamRTest.copies(network.paramTable()));
    trained.keySet().retainAll(expectedNames(network));
    return trained;
  }

  private static Set<String> expectedNames(Model network) {
    return network.paramTable().keySet().stream()
        .filter(name -> trains(network, name.split("_", 2)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean trains(Model network, String[] name) {
    Trainable layer =
        network instanceof ComputationGraph graph
            ? graph.getVertex(name[0])
            : ((MultiLayerNetwork) network).getLayer(Integer.parseInt(name[0]));
    return !NOT_TRAINED.contains(name[1]) && !layer.getConfig().isPretrainParam(name[1]);
  }

  private static void assertClose(
      Map<String, INDArray> actual, Map<String, INDArray> expected, double tolerance) {
    expected.forEach(
        (name, array) ->
            assertThat(actual.get(name).sub(array).amaxNumber().doubleValue())
                .as(name)
                .isLessThan(tolerance));
  }
}
