package io.darex.optim;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * docs/METHOD.md §4.1 once more, element by element in double and in the order of the paper, as
 * something to compare with. It shares nothing with the code under test.
 */
final class Reference {
  /** What a parameter goes by; λ and the rest are one for all. */
  record Rule(double learningRate, boolean anchored) {}

  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPSILON = 1e-8;

  private final String penalty;
  private final boolean global;
  private final double lambda;
  private final Map<String, Rule> rules;
  private final SortedMap<String, double[]> theta = new TreeMap<>();
  private final SortedMap<String, double[]> anchor = new TreeMap<>();
  private final SortedMap<String, double[]> m = new TreeMap<>();
  private final SortedMap<String, double[]> v = new TreeMap<>();
  private double s;
  private int t;

  /** Starts at these weights. */
  Reference(
      AdamR config,
      Map<String, Rule> rules,
      Map<String, INDArray> start,
      Map<String, INDArray> anchors) {
    this.penalty = config.getPenalty().toString();
    this.global = config.getNormalisation() == Normalisation.GLOBAL;
    this.lambda = config.getLambda();
    this.rules = rules;
    for (String name : rules.keySet()) {
      theta.put(name, values(start.get(name)));
      if (rules.get(name).anchored()) {
        anchor.put(name, values(anchors.get(name)));
      }
      m.put(name, new double[theta.get(name).length]);
      v.put(name, new double[theta.get(name).length]);
    }
  }

  /** The elements in C order, whatever their order in memory. */
  static double[] values(INDArray array) {
    return array.dup('c').data().asDouble();
  }

  void step(Map<String, INDArray> gradients) {
    t++;
    double sum = 0;
    long count = 0;
    for (String name : rules.keySet()) {
      double[] g = values(gradients.get(name));
      for (int i = 0; i < g.length; i++) {
        m.get(name)[i] = BETA1 * m.get(name)[i] + (1 - BETA1) * g[i];
        v.get(name)[i] = BETA2 * v.get(name)[i] + (1 - BETA2) * g[i] * g[i];
        if (rules.get(name).anchored()) {
          sum += v.get(name)[i] / (1 - Math.pow(BETA2, t));
          count++;
        }
      }
    }
    s = global && sum > 0 ? Math.sqrt(sum / count) : 1;
    for (String name : rules.keySet()) {
      double rate = rules.get(name).learningRate();
      double pull = rules.get(name).anchored() ? Math.min(1, lambda * rate / s) : 0;
      double[] x = theta.get(name);
      for (int i = 0; i < x.length; i++) {
        double p = rules.get(name).anchored() ? anchor.get(name)[i] : 0;
        if (penalty.equals("l2")) {
          x[i] -= pull * (x[i] - p);
        } else if (penalty.equals("l1")) {
          x[i] -= pull * Math.signum(x[i] - p);
        }
        double mHat = m.get(name)[i] / (1 - Math.pow(BETA1, t));
        double vHat = v.get(name)[i] / (1 - Math.pow(BETA2, t));
        x[i] -= rate * mHat / (Math.sqrt(vHat) + EPSILON);
        if (penalty.equals("l1-prox") && pull > 0) {
          double delta = x[i] - p;
          x[i] = p + Math.signum(delta) * Math.max(Math.abs(delta) - pull, 0);
        }
      }
    }
  }

  double s() {
    return s;
  }

  /** The largest distance, relative to the value or 0.1, whichever is larger, as {@link Oracle}. */
  double error(Map<String, INDArray> parameters) {
    double worst = 0;
    for (String name : rules.keySet()) {
      double[] actual = values(parameters.get(name));
      double[] expected = theta.get(name);
      for (int i = 0; i < actual.length; i++) {
        worst =
            Math.max(
                worst, Math.abs(expected[i] - actual[i]) / Math.max(0.1, Math.abs(expected[i])));
      }
    }
    return worst;
  }
}
