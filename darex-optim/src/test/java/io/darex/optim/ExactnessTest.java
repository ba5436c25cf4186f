package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Fifty steps of real networks against {@link Reference}, fed with the networks' own gradients. */
class ExactnessTest {
  private static final int STEPS = 50;
  private static final double SLOW = 1e-3;
  private static final double FAST = 4e-3;
  private static final List<DataSet> BATCHES = Networks.batches(DataType.DOUBLE, 5);

  record Case(Penalty penalty, Normalisation normalisation, double lambda, DataType type) {
    AdamR config(double rate) {
      return AdamR.builder()
          .learningRate(rate)
          .lambda(lambda)
          .penalty(penalty)
          .normalisation(normalisation)
          .build();
    }

    double tolerance() {
      return type == DataType.DOUBLE ? 1e-12 : 1e-5;
    }

    DataSet batch(int step) {
      DataSet batch = BATCHES.get(step % BATCHES.size());
      return new DataSet(batch.getFeatures().castTo(type), batch.getLabels().castTo(type));
    }
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (DataType type : List.of(DataType.DOUBLE, DataType.FLOAT)) {
      for (Normalisation normalisation : Normalisation.values()) {
        cases.add(new Case(Penalty.L2, normalisation, 0.5, type));
        cases.add(new Case(Penalty.L1, normalisation, 0.02, type));
        cases.add(new Case(Penalty.L1_PROX, normalisation, 0.5, type));
      }
      cases.add(new Case(Penalty.L2, Normalisation.GLOBAL, 0, type));
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void multiLayerNetwork(Case run) {
    MultiLayerNetwork network =
        Networks.layers(run.type(), run.config(SLOW), run.config(FAST), run.config(SLOW));
    Map<String, Reference.Rule> rules =
        Map.ofEntries(
            Map.entry("1_W", new Reference.Rule(SLOW, true)),
            Map.entry("1_b", new Reference.Rule(SLOW, true)),
            Map.entry("2_gamma", new Reference.Rule(SLOW, true)),
            Map.entry("2_beta", new Reference.Rule(SLOW, true)),
            Map.entry("3_W", new Reference.Rule(FAST, true)),
            Map.entry("3_b", new Reference.Rule(FAST, true)),
            Map.entry("4_W", new Reference.Rule(SLOW, false)),
            Map.entry("4_b", new Reference.Rule(SLOW, false)));
    Map<String, INDArray> anchors = anchors(rules, network.paramTable());
    Reference reference = new Reference(run.config(1), rules, network.paramTable(), anchors);
    INDArray frozen = network.getParam("0_W").dup();
    NetworkAdamR attached = AdamR.attach(network, Anchor.of(anchors));

    for (int t = 0; t < STEPS; t++) {
      DataSet batch = run.batch(t);
      network.setInput(batch.getFeatures());
      network.setLabels(batch.getLabels());
      network.computeGradientAndScore();
      reference.step(means(network.gradient().gradientForVariable(), rules));
      network.fit(batch);
      assertThat(attached.lastStep().orElseThrow().s())
          .isCloseTo(reference.s(), within(run.tolerance()));
    }

    assertThat(reference.error(network.paramTable())).isLessThan(run.tolerance());
    assertThat(network.getParam("0_W")).isEqualTo(frozen);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computationGraph(Case run) {
    ComputationGraph network =
        Networks.graph(run.type(), run.config(SLOW), run.config(FAST), run.config(SLOW));
    Map<String, Reference.Rule> rules =
        Map.of(
            "slow_one_W", new Reference.Rule(SLOW, true),
            "slow_one_b", new Reference.Rule(SLOW, true),
            "fast_W", new Reference.Rule(FAST, true),
            "fast_b", new Reference.Rule(FAST, true),
            "head_W", new Reference.Rule(SLOW, false),
            "head_b", new Reference.Rule(SLOW, false));
    Map<String, INDArray> anchors = anchors(rules, network.paramTable());
    Reference reference = new Reference(run.config(1), rules, network.paramTable(), anchors);
    INDArray frozen = network.getParam("frozen_W").dup();
    NetworkAdamR attached = AdamR.attach(network, Anchor.of(anchors));

    for (int t = 0; t < STEPS; t++) {
      DataSet batch = run.batch(t);
      network.setInputs(batch.getFeatures());
      network.setLabels(batch.getLabels());
      network.computeGradientAndScore();
      reference.step(means(network.gradient().gradientForVariable(), rules));
      network.fit(batch);
      assertThat(attached.lastStep().orElseThrow().s())
          .isCloseTo(reference.s(), within(run.tolerance()));
    }

    assertThat(reference.error(network.paramTable())).isLessThan(run.tolerance());
    assertThat(network.getParam("frozen_W")).isEqualTo(frozen);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sameDiff(Case run) {
    SameDiff sd = Networks.sameDiff(run.type(), run.config(FAST));
    Map<String, Reference.Rule> rules =
        Map.of(
            "body.w", new Reference.Rule(FAST, true),
            "body.b", new Reference.Rule(FAST, true),
            "head.w", new Reference.Rule(FAST, false));
    Map<String, INDArray> anchors = anchors(rules, SameDiffAdamR.parameters(sd));
    Reference reference =
        new Reference(run.config(1), rules, SameDiffAdamR.parameters(sd), anchors);
    SameDiffAdamR attached = AdamR.attach(sd, Anchor.of(anchors));

    for (int t = 0; t < STEPS; t++) {
      DataSet batch = run.batch(t);
      reference.step(
          sd.calculateGradients(
              Map.of("in", batch.getFeatures(), "label", batch.getLabels()), rules.keySet()));
      sd.fit(batch);
      assertThat(attached.lastStep().orElseThrow().s())
          .isCloseTo(reference.s(), within(run.tolerance()));
    }

    assertThat(reference.error(SameDiffAdamR.parameters(sd))).isLessThan(run.tolerance());
  }

  /**
   * Away from the start by more than L1 and Adam go in 50 steps, so that no sign hangs on a
   * rounding.
   */
  private static Map<String, INDArray> anchors(
      Map<String, Reference.Rule> rules, Map<String, INDArray> start) {
    Random random = new Random(5);
    Map<String, INDArray> anchors = new TreeMap<>();
    new TreeMap<>(rules)
        .forEach(
            (name, rule) -> {
              if (rule.anchored()) {
                INDArray at = start.get(name);
                double[] away =
                    random
                        .doubles(at.length(), -0.1, 0.1)
                        .map(x -> x + 0.4 * Math.signum(x))
                        .toArray();
                // In C order, where DL4J's own weights are in Fortran order.
                anchors.put(
                    name,
                    at.dup('c')
                        .addi(
                            Nd4j.createFromArray(away)
                                .castTo(at.dataType())
                                .reshape('c', at.shape())));
              }
            });
    return anchors;
  }

  /** DL4J sums over the batch, and divides on the way to the updater. */
  private static Map<String, INDArray> means(
      Map<String, INDArray> sums, Map<String, Reference.Rule> rules) {
    Map<String, INDArray> means = new TreeMap<>();
    rules.keySet().forEach(name -> means.put(name, sums.get(name).div(8)));
    return means;
  }
}
