package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonDataSetIterator;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

class SameDiffAdamRTest {
  private static final Oracle ORACLE = Oracle.read();
  private static final Anchor ENCODER = Anchor.start(name -> name.startsWith("layer."));

  @TempDir Path folder;

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
    SameDiff sd = graph(ORACLE.config(run), type);
    SameDiffAdamR attached = AdamR.attach(sd, Anchor.of(ORACLE.anchors(type)));
    double worst = 0;
    for (int t = 1; t <= ORACLE.learningRates().size(); t++) {
      fit(sd, 1);
      Oracle.Snapshot expected = run.steps().get(t);
      if (expected != null) {
        worst =
            Math.max(worst, Oracle.error(expected, attached.lastStep().orElseThrow(), weights(sd)));
      }
    }
    return worst;
  }

  @Test
  void anchorsAtTheStartWhereNothingElseIsGiven() {
    AdamR config = AdamR.builder().learningRate(0.01).lambda(5).build();
    SameDiff sd = graph(config, DataType.DOUBLE);
    AdamR.attach(sd, ENCODER);
    SortedMap<String, INDArray> theta = ORACLE.start(DataType.DOUBLE);
    AdamROptimizer reference = new AdamROptimizer(config, theta, ENCODER);
    for (int t = 0; t < 20; t++) {
      fit(sd, 1);
      reference.step(ORACLE.gradients(theta));
    }
    theta.forEach(
        (name, array) ->
            assertThat(weights(sd).get(name).distance2(array)).as(name).isLessThan(1e-12));
    assertThat(
            theta.get("layer.weight").distance2(ORACLE.start(DataType.DOUBLE).get("layer.weight")))
        .isGreaterThan(0.1);
  }

  @Test
  void resumeIsBitwise() {
    AdamR config =
        AdamR.builder()
            .learningRateSchedule(new WarmupLinearSchedule(0.02, 2, 20))
            .lambda(0.9)
            .maxGradientNorm(3)
            .build();
    SameDiff straight = graph(config, DataType.FLOAT);
    SameDiffAdamR expected = AdamR.attach(straight, ENCODER);
    SameDiff first = graph(config, DataType.FLOAT);
    AdamR.attach(first, ENCODER);
    fit(straight, 7);
    fit(first, 7);
    File file = folder.resolve("model.fb").toFile();
    first.save(file, true);

    SameDiff resumed = SameDiff.load(file, true);
    SameDiffAdamR attached = AdamR.attach(resumed, ENCODER);
    fit(straight, 8);
    fit(resumed, 8);

    AdamROptimizerTest.assertBitwiseEqual(weights(resumed), weights(straight));
    assertThat(attached.lastStep()).isEqualTo(expected.lastStep());
    assertThat(attached.lastStep().orElseThrow().iteration()).isEqualTo(14);
  }

  @Test
  void resumeWithOtherNamesIsRefused() {
    SameDiff first = graph(AdamR.builder().build(), DataType.FLOAT);
    AdamR.attach(first, ENCODER);
    fit(first, 1);
    File file = folder.resolve("model.fb").toFile();
    first.save(file, true);
    SameDiff resumed = SameDiff.load(file, true);
    assertThatThrownBy(
            () -> AdamR.attach(resumed, Anchor.start(name -> !name.equals("layer.bias"))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("head.weight has no anchor there")
        .hasMessageContaining("layer.bias has an anchor there");
  }

  @Test
  void aStateOfAnotherSizeIsRefused() {
    AdamR config = AdamR.builder().build();
    SameDiff sd = graph(config, DataType.FLOAT);
    AdamR.attach(sd, ENCODER);
    fit(sd, 1);
    sd.getUpdaterMap()
        .put("layer.bias", config.instantiate(Nd4j.zeros(DataType.FLOAT, 3 * 77), true));
    assertThatThrownBy(() -> AdamR.attach(sd, ENCODER))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching("layer.bias has \\d+ elements, its saved state is for 77");
  }

  @Test
  void halfPrecisionIsRefused() {
    SameDiff sd = graph(AdamR.builder().build(), DataType.BFLOAT16);
    assertThatThrownBy(() -> AdamR.attach(sd, ENCODER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("AdamR trains FLOAT or DOUBLE parameters")
        .hasMessageContaining("is BFLOAT16");
  }

  @Test
  void changedLambdaTakesEffectOnResume() {
    SameDiff first = graph(AdamR.builder().lambda(0.5).build(), DataType.FLOAT);
    AdamR.attach(first, ENCODER);
    fit(first, 2);
    File file = folder.resolve("model.fb").toFile();
    first.save(file, true);
    SameDiff resumed = SameDiff.load(file, true);
    resumed.getTrainingConfig().setUpdater(AdamR.builder().lambda(0.125).build());
    SameDiffAdamR attached = AdamR.attach(resumed, ENCODER);
    fit(resumed, 1);
    assertThat(attached.lastStep().orElseThrow().lambda()).isEqualTo(0.125);
    assertThat(attached.lastStep().orElseThrow().iteration()).isEqualTo(2);
  }

  @Test
  void countAndStateThatDoNotBelongTogetherAreRefused() {
    SameDiff sd = graph(AdamR.builder().build(), DataType.FLOAT);
    AdamR.attach(sd, ENCODER);
    fit(sd, 2);
    File file = folder.resolve("model.fb").toFile();
    sd.save(file, false);
    sd.setTrainingConfig(training(AdamR.builder().build())); // its count is 0
    assertThatThrownBy(() -> fit(sd, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("iteration 0, but AdamR's state is of a training that has begun");

    SameDiff withoutState = SameDiff.load(file, true);
    AdamR.attach(withoutState, ENCODER);
    assertThatThrownBy(() -> fit(withoutState, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("iteration 2, but AdamR's state is empty");
    withoutState.getTrainingConfig().setIterationCount(0);
    fit(withoutState, 1);
  }

  @Test
  void nanGradientLeavesEverythingUntouchedAndTrainingCanGoOn() {
    SameDiff sd = graph(AdamR.builder().learningRate(0.01).build(), DataType.FLOAT);
    AdamR.attach(sd, ENCODER);
    fit(sd, 2);
    SortedMap<String, INDArray> before = copies(weights(sd));
    SortedMap<String, INDArray> stateBefore = copies(state(sd));

    assertThatThrownBy(() -> sd.fit(batch(Double.NaN)))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("head.weight")
        .hasMessageContaining("iteration 2");

    AdamROptimizerTest.assertBitwiseEqual(weights(sd), before);
    AdamROptimizerTest.assertBitwiseEqual(state(sd), stateBefore);
    fit(sd, 1);
    assertThat(weights(sd).get("head.weight").distance2(before.get("head.weight"))).isPositive();
  }

  @Test
  void iterationBrokenOffHalfwayIsForgotten() {
    SameDiff sd = graph(AdamR.builder().build(), DataType.FLOAT);
    AdamR.attach(sd, ENCODER);
    Interruption interruption = new Interruption();
    sd.addListeners(interruption);
    assertThatThrownBy(() -> fit(sd, 1)).hasMessage("broken off");
    interruption.armed = false;
    SameDiff undisturbed = graph(AdamR.builder().build(), DataType.FLOAT);
    AdamR.attach(undisturbed, ENCODER);
    fit(sd, 2);
    fit(undisturbed, 2);
    AdamROptimizerTest.assertBitwiseEqual(weights(sd), weights(undisturbed));
  }

  /** Fails in the midst of backprop, after the first parameter. */
  private static final class Interruption extends BaseListener {
    private boolean armed = true;

    @Override
    public boolean isActive(Operation operation) {
      return true;
    }

    @Override
    public void preUpdate(
        SameDiff sd,
        At at,
        org.nd4j.autodiff.samediff.internal.Variable variable,
        INDArray update) {
      if (armed) {
        throw new IllegalArgumentException("broken off");
      }
    }
  }

  @Test
  void listenersFindTheStepFinished() {
    SameDiff sd = graph(AdamR.builder().build(), DataType.FLOAT);
    File file = folder.resolve("checkpoint.fb").toFile();
    sd.addListeners(
        new BaseListener() {
          @Override
          public boolean isActive(Operation operation) {
            return true;
          }

          @Override
          public void iterationDone(SameDiff inner, At at, MultiDataSet data, Loss loss) {
            sd.save(file, true);
          }
        });
    AdamR.attach(sd, ENCODER);
    fit(sd, 2);
    AdamROptimizerTest.assertBitwiseEqual(weights(SameDiff.load(file, true)), weights(sd));
  }

  @Test
  void attachingAgainReplaces() {
    SameDiff sd = graph(AdamR.builder().build(), DataType.FLOAT);
    AdamR.attach(sd, ENCODER);
    SameDiffAdamR second = AdamR.attach(sd, ENCODER);
    assertThat(sd.getListeners()).containsExactly(second);
  }

  @Test
  void attachChecksWhatItIsGiven() {
    SameDiff other = graph(AdamR.builder().build(), DataType.FLOAT);
    assertThatThrownBy(
            () -> AdamR.attach(other, Anchor.of(Map.of("no.such", Nd4j.zeros(DataType.FLOAT, 1)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no.such: no such parameter");
    other.setTrainingConfig(null);
    assertThatThrownBy(() -> AdamR.attach(other, ENCODER))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("not set");
    TrainingConfig adam =
        TrainingConfig.builder()
            .updater(new Adam(1e-3))
            .dataSetFeatureMapping("one")
            .markLabelsUnused()
            .build();
    other.setTrainingConfig(adam);
    assertThatThrownBy(() -> AdamR.attach(other, ENCODER))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Adam(");
    TrainingConfig maximising = training(AdamR.builder().build());
    maximising.setMinimize(false);
    other.setTrainingConfig(maximising);
    assertThatThrownBy(() -> AdamR.attach(other, ENCODER))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("maximises");
  }

  /** The oracle's loss, times a placeholder that is 1. */
  private static SameDiff graph(AdamR config, DataType type) {
    SameDiff sd = SameDiff.create();
    SDVariable one = sd.placeHolder("one", type, 1, 1);
    SDVariable loss = null;
    for (Map.Entry<String, Oracle.Parameter> entry : ORACLE.problem().entrySet()) {
      Oracle.Parameter p = entry.getValue();
      SDVariable theta = sd.var(entry.getKey(), p.array(p.start(), type));
      SDVariable a = sd.constant(p.array(p.a(), type));
      SDVariable b = sd.constant(p.array(p.b(), type));
      SDVariable c = sd.constant(p.array(p.c(), type));
      SDVariable d = theta.sub(b);
      SDVariable part = a.mul(d).mul(d).mul(0.5).sum().add(sd.math.cos(theta.mul(c)).sum());
      loss = loss == null ? part : loss.add(part);
    }
    SDVariable scaled = loss.mul("loss", one.sum());
    scaled.markAsLoss();
    sd.setTrainingConfig(training(config));
    return sd;
  }

  private static TrainingConfig training(AdamR config) {
    return TrainingConfig.builder()
        .updater(config)
        .dataSetFeatureMapping("one")
        .markLabelsUnused()
        .build();
  }

  private static void fit(SameDiff sd, int iterations) {
    DataSet batch = batch(1, sd.getVariable("one").dataType());
    sd.fit(new SingletonDataSetIterator(batch), iterations); // an epoch is one iteration
  }

  private static DataSet batch(double value) {
    return batch(value, DataType.FLOAT);
  }

  private static DataSet batch(double value, DataType type) {
    return new DataSet(Nd4j.valueArrayOf(new long[] {1, 1}, value, type), null);
  }

  private static SortedMap<String, INDArray> weights(SameDiff sd) {
    SortedMap<String, INDArray> weights = new TreeMap<>();
    ORACLE.problem().keySet().forEach(name -> weights.put(name, sd.getVariable(name).getArr()));
    return weights;
  }

  @SuppressWarnings("unchecked") // SameDiff declares its updaters raw
  private static SortedMap<String, INDArray> state(SameDiff sd) {
    SortedMap<String, INDArray> state = new TreeMap<>();
    sd.getUpdaterMap()
        .forEach(
            (name, updater) ->
                ((Map<String, INDArray>) updater.getState())
                    .forEach((plane, array) -> state.put(name + ":" + plane, array)));
    return state;
  }

  private static SortedMap<String, INDArray> copies(Map<String, INDArray> arrays) {
    SortedMap<String, INDArray> copies = new TreeMap<>();
    arrays.forEach((name, array) -> copies.put(name, array.dup()));
    return copies;
  }
}
