package io.darex.optim;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * Trajectories of an independent double-precision reference in plain Python floats.
 *
 * <p>The loss is {@code 0.5·Σ a·(θ−b)² + Σ cos(c·θ)}, element by element.
 */
record Oracle(
    Map<String, Parameter> problem,
    List<Double> learningRates,
    double beta1,
    double beta2,
    List<Case> cases) {

  record Parameter(
      List<Long> shape,
      List<Double> a,
      List<Double> b,
      List<Double> c,
      List<Double> start,
      List<Double> anchor) {

    INDArray array(List<Double> values, DataType type) {
      long[] dimensions = shape.stream().mapToLong(Long::longValue).toArray();
      return Nd4j.createFromArray(values.toArray(Double[]::new)).reshape(dimensions).castTo(type);
    }

    INDArray gradient(INDArray theta) {
      List<Double> g = new ArrayList<>();
      for (int i = 0; i < a.size(); i++) {
        double x = theta.data().getDouble(i);
        g.add(a.get(i) * (x - b.get(i)) - c.get(i) * Math.sin(c.get(i) * x));
      }
      return array(g, theta.dataType());
    }
  }

  /** A run, with its state after some of its steps (counted from 1). */
  record Case(
      String penalty,
      String normalisation,
      double lambda,
      double epsilon,
      Map<Integer, Snapshot> steps) {

    @Override
    public String toString() {
      return penalty + " " + normalisation + " λ=" + lambda + " ε=" + epsilon;
    }
  }

  record Snapshot(
      @JsonProperty("s") double s,
      @JsonProperty("pull") double pull,
      @JsonProperty("theta") Map<String, List<Double>> theta) {}

  /** The rates of all runs, one an iteration. */
  record Rates(List<Double> rates) implements ISchedule {
    @Override
    public double valueAt(int iteration, int epoch) {
      return rates.get(iteration);
    }

    @Override
    public Rates clone() {
      return this;
    }
  }

  static Oracle read() {
    try (InputStream in = Oracle.class.getResourceAsStream("/adamr.json")) {
      return new ObjectMapper().readValue(in, Oracle.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  AdamR config(Case run) {
    return AdamR.builder()
        .learningRateSchedule(new Rates(learningRates))
        .lambda(run.lambda())
        .beta1(beta1)
        .beta2(beta2)
        .epsilon(run.epsilon())
        .penalty(Penalty.of(run.penalty()))
        .normalisation(Normalisation.of(run.normalisation()))
        .build();
  }

  SortedMap<String, INDArray> start(DataType type) {
    SortedMap<String, INDArray> start = new TreeMap<>();
    problem.forEach((name, p) -> start.put(name, p.array(p.start(), type)));
    return start;
  }

  SortedMap<String, INDArray> anchors(DataType type) {
    SortedMap<String, INDArray> anchors = new TreeMap<>();
    problem.forEach(
        (name, p) -> {
          if (p.anchor() != null) {
            anchors.put(name, p.array(p.anchor(), type));
          }
        });
    return anchors;
  }

  SortedMap<String, INDArray> gradients(Map<String, INDArray> theta) {
    SortedMap<String, INDArray> gradients = new TreeMap<>();
    theta.forEach((name, array) -> gradients.put(name, problem.get(name).gradient(array)));
    return gradients;
  }

  /**
   * The largest distance from a snapshot, each relative to the value or 0.1, whichever is larger.
   */
  static double error(Snapshot expected, StepReport report, Map<String, INDArray> theta) {
    double worst =
        Math.max(relative(expected.s(), report.s()), relative(expected.pull(), report.pull()));
    for (Map.Entry<String, List<Double>> entry : expected.theta().entrySet()) {
      List<Double> values = entry.getValue();
      for (int i = 0; i < values.size(); i++) {
        worst =
            Math.max(worst, relative(values.get(i), theta.get(entry.getKey()).data().getDouble(i)));
      }
    }
    return worst;
  }

  private static double relative(double expected, double actual) {
    return Math.abs(expected - actual) / Math.max(0.1, Math.abs(expected));
  }
}
