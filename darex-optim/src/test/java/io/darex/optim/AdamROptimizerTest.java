package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class AdamROptimizerTest {
  private static final Oracle ORACLE = Oracle.read();

  static Stream<Oracle.Case> cases() {
    return ORACLE.cases().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void followsTheReferenceInDouble(Oracle.Case run) {
    assertThat(worstError(run, DataType.DOUBLE)).isLessThan(1e-12);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void followsTheReferenceInFloat(Oracle.Case run) {
    assertThat(worstError(run, DataType.FLOAT)).isLessThan(1e-5);
  }

  private static double worstError(Oracle.Case run, DataType type) {
    SortedMap<String, INDArray> theta = ORACLE.start(type);
    AdamROptimizer optimizer =
        new AdamROptimizer(ORACLE.config(run), theta, Anchor.of(ORACLE.anchors(type)));
    double worst = 0;
    for (int t = 1; t <= ORACLE.learningRates().size(); t++) {
      StepReport report = optimizer.step(ORACLE.gradients(theta));
      Oracle.Snapshot expected = run.steps().get(t);
      if (expected != null) {
        worst = Math.max(worst, Oracle.error(expected, report, theta));
      }
    }
    return worst;
  }

  @Test
  void withoutLambdaIsAdamInThePapersForm() {
    AdamR config = AdamR.builder().learningRate(0.01).lambda(0).build();
    INDArray theta = Nd4j.createFromArray(0.5, -0.25, 2.0);
    AdamROptimizer optimizer =
        new AdamROptimizer(config, Map.of("w", theta), Anchor.start(name -> true));
    double[] x = {0.5, -0.25, 2.0};
    double[] m = new double[3];
    double[] v = new double[3];
    Random random = new Random(7);
    for (int t = 1; t <= 30; t++) {
      // Gradients around ε, where ND4J's epsilon-hat form goes elsewhere.
      double[] g = random.doubles(3, -3e-8, 3e-8).toArray();
      optimizer.step(Map.of("w", Nd4j.createFromArray(g)));
      for (int i = 0; i < 3; i++) {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        double mHat = m[i] / (1 - Math.pow(0.9, t));
        double vHat = v[i] / (1 - Math.pow(0.999, t));
        x[i] -= 0.01 * mHat / (Math.sqrt(vHat) + 1e-8);
      }
      assertThat(theta.toDoubleVector()).containsExactly(x, within(1e-12));
    }
  }

  @Test
  void zeroGradientContractsTheDeltaGeometrically() {
    // No gradient, no v: s is 1, so the delta shrinks by 1 − λη at every step.
    AdamR config = AdamR.builder().learningRate(0.5).lambda(0.2).build();
    INDArray theta = Nd4j.createFromArray(1.0, -3.0);
    INDArray anchor = Nd4j.createFromArray(0.5, 1.0);
    AdamROptimizer optimizer =
        new AdamROptimizer(config, Map.of("w", theta), Anchor.of(Map.of("w", anchor)));
    INDArray zero = Nd4j.zeros(DataType.DOUBLE, 2);
    for (int t = 1; t <= 40; t++) {
      assertThat(optimizer.step(Map.of("w", zero)).s()).isEqualTo(1);
      double left = Math.pow(0.9, t);
      assertThat(theta.getDouble(0)).isCloseTo(0.5 + 0.5 * left, within(1e-14));
      assertThat(theta.getDouble(1)).isCloseTo(1 - 4 * left, within(1e-14));
    }
  }

  @Test
  void proximalPenaltyMakesDeltasExactlyZero() {
    AdamR config = AdamR.builder().learningRate(1e-3).lambda(50).penalty(Penalty.L1_PROX).build();
    INDArray theta = Nd4j.rand(DataType.FLOAT, 1000).subi(0.5);
    INDArray start = theta.dup();
    AdamROptimizer optimizer =
        new AdamROptimizer(config, Map.of("w", theta), Anchor.start(name -> true));
    INDArray gradient = Nd4j.linspace(DataType.FLOAT, -1, 0.002, 1000);
    for (int t = 0; t < 5; t++) {
      optimizer.step(Map.of("w", gradient));
    }
    assertThat(theta.toFloatVector()).containsExactly(start.toFloatVector());
  }

  @Test
  void clipsByTheNormOfAllGradientsTogether() {
    AdamR clipping = AdamR.builder().maxGradientNorm(2.5).build();
    AdamR plain = AdamR.builder().build();
    Map<String, INDArray> a =
        Map.of("x", Nd4j.zeros(DataType.DOUBLE, 1), "y", Nd4j.zeros(DataType.DOUBLE, 1));
    Map<String, INDArray> b =
        Map.of("x", Nd4j.zeros(DataType.DOUBLE, 1), "y", Nd4j.zeros(DataType.DOUBLE, 1));
    AdamROptimizer clipped = new AdamROptimizer(clipping, a, Anchor.start(name -> true));
    AdamROptimizer halved = new AdamROptimizer(plain, b, Anchor.start(name -> true));

    StepReport report =
        clipped.step(Map.of("x", Nd4j.createFromArray(3.0), "y", Nd4j.createFromArray(-4.0)));
    halved.step(Map.of("x", Nd4j.createFromArray(1.5), "y", Nd4j.createFromArray(-2.0)));

    assertThat(report.gradientNorm()).isEqualTo(5);
    assertThat(report.gradientScale()).isEqualTo(0.5);
    assertThat(report.s()).isCloseTo(Math.sqrt((2.25 + 4) / 2), within(1e-15));
    assertBitwiseEqual(clipped.state(), halved.state());
  }

  @Test
  void reportsAClampedPull() {
    AdamROptimizer optimizer =
        new AdamROptimizer(
            AdamR.builder().learningRate(1).lambda(3).build(),
            Map.of("w", Nd4j.zeros(DataType.DOUBLE, 2)),
            Anchor.start(name -> true));
    StepReport report = optimizer.step(Map.of("w", Nd4j.createFromArray(2.0, 2.0)));
    assertThat(report.clamped()).isTrue();
    assertThat(report.pull()).isEqualTo(1);
    assertThat(report.s()).isCloseTo(2, within(1e-14));
    assertThat(optimizer.step(Map.of("w", Nd4j.createFromArray(99.0, 99.0))).clamped()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT", "DOUBLE"})
  void nonFiniteGradientLeavesEverythingUntouched(DataType type) {
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      SortedMap<String, INDArray> theta = ORACLE.start(type);
      AdamROptimizer optimizer =
          new AdamROptimizer(AdamR.builder().build(), theta, Anchor.of(ORACLE.anchors(type)));
      optimizer.step(ORACLE.gradients(theta));
      SortedMap<String, INDArray> gradients = ORACLE.gradients(theta);
      gradients.get("layer.weight").putScalar(11, bad); // the last name, so others come before it
      SortedMap<String, INDArray> before = copy(theta);
      SortedMap<String, INDArray> stateBefore = copy(optimizer.state());

      assertThatThrownBy(() -> optimizer.step(gradients))
          .isInstanceOf(ArithmeticException.class)
          .hasMessageContaining("layer.weight")
          .hasMessageContaining("iteration 1");

      assertBitwiseEqual(theta, before);
      assertBitwiseEqual(optimizer.state(), stateBefore);
      assertThat(optimizer.iteration()).isEqualTo(1);
    }
  }

  @Test
  void restoredStateGoesOnBitwise() {
    AdamR config = AdamR.builder().learningRate(0.01).lambda(0.5).build();
    SortedMap<String, INDArray> straight = large(1);
    SortedMap<String, INDArray> resumed = large(1);
    SortedMap<String, INDArray> anchors = large(2);
    AdamROptimizer one = new AdamROptimizer(config, straight, Anchor.of(anchors));
    AdamROptimizer first = new AdamROptimizer(config, resumed, Anchor.of(anchors));
    for (int t = 0; t < 3; t++) {
      one.step(large(10 + t));
      first.step(large(10 + t));
    }
    AdamROptimizer second = new AdamROptimizer(config, resumed, Anchor.of(anchors));
    second.restore(first.iteration(), copy(first.state()));
    for (int t = 3; t < 6; t++) {
      StepReport expected = one.step(large(10 + t));
      assertThat(second.step(large(10 + t))).isEqualTo(expected);
    }
    assertBitwiseEqual(resumed, straight);
    assertBitwiseEqual(second.state(), one.state());
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBytes() throws Exception {
    SortedMap<String, INDArray> expected = null;
    for (int threads : new int[] {1, 2, 5}) {
      SortedMap<String, INDArray> theta = large(1);
      ForkJoinPool pool = new ForkJoinPool(threads);
      pool.submit(
              () -> {
                AdamROptimizer optimizer =
                    new AdamROptimizer(
                        AdamR.builder().learningRate(0.01).lambda(0.5).build(),
                        theta,
                        Anchor.start(name -> true));
                for (int t = 0; t < 3; t++) {
                  optimizer.step(large(10 + t));
                }
              })
          .get();
      pool.shutdown();
      if (expected == null) {
        expected = theta;
      }
      assertBitwiseEqual(theta, expected);
    }
  }

  @Test
  void memoryLayoutDoesNotMatter() {
    // Parameters as DL4J holds them (views into one vector, in 'f' order), gradients in 'c' order.
    AdamR config = AdamR.builder().learningRate(0.01).lambda(0.5).build();
    INDArray plain = Nd4j.rand(DataType.FLOAT, 5, 7);
    INDArray vector = Nd4j.create(DataType.FLOAT, 50);
    INDArray view = vector.get(NDArrayIndex.interval(10, 45)).reshape('f', 5, 7).assign(plain);
    assertThat(view.isView()).isTrue();
    INDArray anchor = Nd4j.rand(DataType.FLOAT, 5, 7);
    AdamROptimizer one =
        new AdamROptimizer(config, Map.of("w", plain), Anchor.of(Map.of("w", anchor)));
    AdamROptimizer other =
        new AdamROptimizer(config, Map.of("w", view), Anchor.of(Map.of("w", anchor)));
    for (int t = 0; t < 3; t++) {
      INDArray gradient = Nd4j.rand(DataType.FLOAT, 5, 7);
      INDArray strided = Nd4j.create(DataType.FLOAT, 10, 7);
      INDArray everySecondRow = strided.get(NDArrayIndex.interval(0, 2, 10), NDArrayIndex.all());
      everySecondRow.assign(gradient);
      one.step(Map.of("w", everySecondRow));
      other.step(Map.of("w", gradient));
    }
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 7; j++) {
        assertThat(view.getFloat(i, j)).isCloseTo(plain.getFloat(i, j), within(1e-6f));
      }
    }
    assertThat(vector.get(NDArrayIndex.interval(0, 10)).sumNumber().doubleValue()).isZero();
    assertThat(vector.get(NDArrayIndex.interval(45, 50)).sumNumber().doubleValue()).isZero();
  }

  @Test
  void misfitsAreListedTogether() {
    SortedMap<String, INDArray> theta = ORACLE.start(DataType.FLOAT);
    AdamR config = AdamR.builder().build();
    assertThatThrownBy(
            () ->
                new AdamROptimizer(
                    config,
                    theta,
                    Anchor.of(
                        Map.of(
                            "layer.bias", Nd4j.zeros(DataType.FLOAT, 5),
                            "layer.weight", Nd4j.zeros(DataType.DOUBLE, 3, 4),
                            "other", Nd4j.zeros(DataType.FLOAT, 1)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("layer.bias: parameter is FLOAT[4], anchor is FLOAT[5]")
        .hasMessageContaining("layer.weight: parameter is FLOAT[3, 4], anchor is DOUBLE[3, 4]")
        .hasMessageContaining("other: no such parameter");

    AdamROptimizer optimizer = new AdamROptimizer(config, theta, Anchor.start(name -> true));
    assertThatThrownBy(
            () ->
                optimizer.step(
                    Map.of(
                        "layer.bias", Nd4j.zeros(DataType.FLOAT, 4, 1),
                        "layer.weight", Nd4j.zeros(DataType.FLOAT, 3, 4),
                        "extra", Nd4j.zeros(DataType.FLOAT, 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("head.weight is missing")
        .hasMessageContaining("layer.bias: expected FLOAT[4], got FLOAT[4, 1]")
        .hasMessageContaining("extra is unknown");

    SortedMap<String, INDArray> state = copy(optimizer.state());
    state.put("v:layer.bias", Nd4j.zeros(DataType.FLOAT, 3));
    assertThatThrownBy(() -> optimizer.restore(4, state))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("v:layer.bias: expected FLOAT[4], got FLOAT[3]");
  }

  @Test
  void refusesToPullNothing() {
    SortedMap<String, INDArray> theta = ORACLE.start(DataType.FLOAT);
    Anchor none = Anchor.start(name -> name.startsWith("encoder."));
    assertThatThrownBy(() -> new AdamROptimizer(AdamR.builder().build(), theta, none))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("none of the parameters is anchored (head.weight, layer.bias,");
    AdamR adam = AdamR.builder().lambda(0).build();
    assertThat(new AdamROptimizer(adam, theta, none).anchors()).isEmpty();
  }

  @Test
  void refusesAnAnchorThatWouldMoveWithTheWeights() {
    SortedMap<String, INDArray> theta = ORACLE.start(DataType.FLOAT);
    assertThatThrownBy(() -> new AdamROptimizer(AdamR.builder().build(), theta, Anchor.of(theta)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("head.weight is the parameter itself");
  }

  @Test
  void refusesWhatItCannotTrain() {
    AdamR config = AdamR.builder().build();
    Anchor anchor = Anchor.start(name -> true);
    assertThatThrownBy(
            () -> new AdamROptimizer(config, Map.of("w", Nd4j.zeros(DataType.BFLOAT16, 3)), anchor))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("BFLOAT16");
    INDArray strided =
        Nd4j.create(DataType.FLOAT, 4, 4).get(NDArrayIndex.all(), NDArrayIndex.interval(0, 2));
    assertThatThrownBy(() -> new AdamROptimizer(config, Map.of("w", strided), anchor))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("w must be dense");
    assertThatThrownBy(() -> new AdamROptimizer(config, Map.of(), anchor))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Parameters of several pieces and of odd lengths. */
  private static SortedMap<String, INDArray> large(int seed) {
    Random random = new Random(seed);
    SortedMap<String, INDArray> arrays = new TreeMap<>();
    for (long n : new long[] {2 * AdamRStep.PIECE + 4567, 300, 1}) {
      float[] values = new float[(int) n];
      IntStream.range(0, values.length).forEach(i -> values[i] = random.nextFloat() - 0.5f);
      arrays.put("w" + n, Nd4j.createFromArray(values));
    }
    return arrays;
  }

  private static SortedMap<String, INDArray> copy(Map<String, INDArray> arrays) {
    SortedMap<String, INDArray> copies = new TreeMap<>();
    arrays.forEach((name, array) -> copies.put(name, array.dup()));
    return copies;
  }

  /** Bit for bit, where INDArray.equals would let 1e-5 pass. */
  static void assertBitwiseEqual(Map<String, INDArray> actual, Map<String, INDArray> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    actual.forEach(
        (name, array) ->
            assertThat(array.ravel().toDoubleVector())
                .as(name)
                .isEqualTo(expected.get(name).ravel().toDoubleVector()));
  }
}
