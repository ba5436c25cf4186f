package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.Selection;
import io.darex.prune.Tensor;
import io.darex.prune.checkpoint.FloatTensor;
import io.darex.prune.mask.RandomMask;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class QFirstOrderTest implements RescaleContract {
  private static final QFirstOrder GLOBAL = new QFirstOrder(Scope.GLOBAL);
  private static final QFirstOrder LAYER = new QFirstOrder(Scope.LAYER);
  private static final String[] SEEN = {"a.bias", "a.weight", "b.weight"};

  @Override
  public Rescale rescale() {
    return LAYER;
  }

  private static ToyOutputs outputs(long seed, TinyModel model) {
    return ToyOutputs.random(seed + 7, 2, model.delta.tuned(), SEEN);
  }

  /** The expected squared change of linear outputs, over all masks. */
  private static double error(
      TinyModel model, ToyOutputs outputs, Map<String, Double> rates, Scale scale) {
    return model.expectation(
        rates,
        scale,
        applied -> {
          double error = 0;
          for (Map<String, Tensor> each : outputs.features()) {
            double f = 0;
            for (String name : SEEN) {
              for (int i = 0; i < TinyModel.count(name); i++) {
                f += (model.entry(name, i) - applied.get(name)[i]) * each.get(name).at(i);
              }
            }
            error += f * f;
          }
          return error;
        });
  }

  @Property(tries = 20)
  void theGlobalQHasTheLeastExpectedErrorOverAllMasks(
      @ForAll long seed, @ForAll @DoubleRange(min = 0.05, max = 0.95) double p) {
    TinyModel model = new TinyModel(seed);
    ToyOutputs outputs = outputs(seed, model);
    Map<String, Double> rates = TinyModel.uniform(p);
    Scale found = GLOBAL.find(model.delta, model.pruned(rates), model.evidence(outputs), 2).scale();
    assertThat(found.perTensor()).isEmpty();
    double least = error(model, outputs, rates, found);
    for (int i = 0; i <= 20; i++) {
      Scale other = Scale.of(Math.max(1 - p, 1 - p + p * i / 20.0));
      assertThat(least).isLessThanOrEqualTo(error(model, outputs, rates, other) * (1 + 1e-6));
    }
  }

  @Property(tries = 20)
  void theGlobalShrinkageIsTheBestOneForRatesOfTheirOwn(@ForAll long seed) {
    TinyModel model = new TinyModel(seed);
    ToyOutputs outputs = outputs(seed, model);
    Map<String, Double> rates =
        Map.of("a.bias", 0.2, "a.weight", 0.5, "b.weight", 0.9, "norm.weight", 0.9);
    Scale found = GLOBAL.find(model.delta, model.pruned(rates), model.evidence(outputs), 2).scale();
    double least = error(model, outputs, rates, found);
    // Above the largest keep rate no q is clipped, and the shrinkage is one for all.
    double clipped = found.perTensor().values().stream().mapToDouble(q -> q).max().orElseThrow();
    if (clipped < 1) {
      for (double shrinkage = 0.81; shrinkage <= 1; shrinkage += 0.01) {
        Map<String, Double> qs = new TreeMap<>();
        for (String name : TinyModel.NAMES) {
          qs.put(name, Math.min(1, (1 - rates.get(name)) / shrinkage));
        }
        assertThat(least)
            .isLessThanOrEqualTo(error(model, outputs, rates, new Scale(1, qs)) * (1 + 1e-6));
      }
    }
    assertThat(found.q("b.weight") / found.q("norm.weight")).isCloseTo(1, within(1e-12));
  }

  @Property(tries = 10)
  void theJointQsHaveTheLeastExpectedErrorOverAllMasks(@ForAll long seed) {
    TinyModel model = new TinyModel(seed);
    ToyOutputs outputs = outputs(seed, model);
    Map<String, Double> rates =
        Map.of("a.bias", 0.3, "a.weight", 0.6, "b.weight", 0.8, "norm.weight", 0.9);
    Scale found = LAYER.find(model.delta, model.pruned(rates), model.evidence(outputs), 2).scale();
    double least = error(model, outputs, rates, found);
    int steps = 6;
    for (int i = 0; i <= steps; i++) {
      for (int j = 0; j <= steps; j++) {
        for (int k = 0; k <= steps; k++) {
          Map<String, Double> qs =
              Map.of(
                  "a.bias", 0.7 + 0.3 * i / steps,
                  "a.weight", 0.4 + 0.6 * j / steps,
                  "b.weight", Math.min(1, 0.2 + 0.8 * k / steps));
          assertThat(least)
              .isLessThanOrEqualTo(error(model, outputs, rates, new Scale(1, qs)) * (1 + 1e-6));
        }
      }
    }
    // No output depends on it.
    assertThat(found.q("norm.weight")).isEqualTo(1 - 0.9);
  }

  @Property(tries = 50)
  void coordinateDescentMeetsTheOptimalityConditions(@ForAll long seed) {
    int n = 12;
    float[] random = Checkpoints.values(Checkpoints.random(seed, "x", 1, n * n + 2 * n));
    double[][] h = new double[n][n];
    double[] b = new double[n];
    double[] least = new double[n];
    double[] most = new double[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int e = 0; e < n; e++) {
          h[i][j] += random[i * n + e] * random[j * n + e];
        }
      }
      h[i][i] += 1;
      b[i] = 5 * random[n * n + i];
      least[i] = -0.5 * Math.abs(random[n * n + n + i]);
      most[i] = 1;
    }
    double[] x = BoxQuadratic.minimise(h, b, least, most);
    for (int i = 0; i < n; i++) {
      double gradient = -b[i];
      for (int j = 0; j < n; j++) {
        gradient += h[i][j] * x[j];
      }
      assertThat(x[i]).isBetween(least[i], most[i]);
      if (x[i] > least[i]) {
        assertThat(gradient).as("seed %d", seed).isLessThan(1e-6);
      }
      if (x[i] < most[i]) {
        assertThat(gradient).as("seed %d", seed).isGreaterThan(-1e-6);
      }
    }
  }

  private static double q(double p, float[] delta, float[] gradient) {
    TinyModel model = new TinyModel(1);
    long[] shape = {delta.length};
    Delta only =
        Delta.between(
            Checkpoints.of(new FloatTensor("w", shape, new float[delta.length])),
            Checkpoints.of(new FloatTensor("w", shape, delta)),
            Selection.ALL);
    Outputs outputs =
        new ToyOutputs(
            only.tuned(), List.of(Map.of("w", new FloatTensor("w", shape, gradient))), 0);
    return GLOBAL
        .find(only, new Pruning(new RandomMask(1, p)).prune(only, 1), model.evidence(outputs), 1)
        .scale()
        .q("w");
  }

  @Test
  void keepsItsEdgeCases() {
    assertThat(q(0.9, new float[] {3, 4}, new float[] {0, 0})).isEqualTo(1 - 0.9);
    assertThat(q(0.9, new float[] {3, 4}, new float[] {4, -3})).isEqualTo(1);
    assertThat(q(0, new float[] {3, 4}, new float[] {4, -3})).isEqualTo(1);
    // S = 5, Q = 13: .5 + .5·13/25.
    assertThat(q(0.5, new float[] {2, 3}, new float[] {1, 1})).isCloseTo(0.76, within(1e-15));
  }

  @Test
  void reducesTheGradientsOnceForAllRates() {
    TinyModel model = new TinyModel(5);
    ToyOutputs toy = outputs(5, model);
    int[] passes = {0};
    Outputs counted =
        new Outputs() {
          @Override
          public void gradients(Consumer<Map<String, Tensor>> each) {
            passes[0]++;
            toy.gradients(each);
          }

          @Override
          public double change(Checkpoint candidate, Consumer<Map<String, Tensor>> gradients) {
            throw new UnsupportedOperationException();
          }
        };
    Evidence evidence = model.evidence(counted);
    for (double p : new double[] {0.5, 0.9}) {
      GLOBAL.find(model.delta, model.pruned(TinyModel.uniform(p)), evidence, 1);
      LAYER.find(model.delta, model.pruned(TinyModel.uniform(p)), evidence, 1);
    }
    assertThat(passes[0]).isOne();
    TinyModel other = new TinyModel(5);
    GLOBAL.find(other.delta, other.pruned(TinyModel.uniform(0.5)), evidence, 1);
    assertThat(passes[0]).isEqualTo(2);
  }

  private static Outputs output(Map<String, Tensor> gradients) {
    return new ToyOutputs(Checkpoints.of(), List.of(gradients), 0);
  }

  private static void fails(
      Evidence evidence, TinyModel model, Class<? extends Exception> type, String message) {
    assertThatThrownBy(
            () -> GLOBAL.find(model.delta, model.pruned(TinyModel.uniform(0.5)), evidence, 2))
        .isInstanceOf(type)
        .hasMessageContaining(message);
  }

  @Test
  void saysWhatIsMissingOrWrong() {
    TinyModel model = new TinyModel(2);
    fails(
        Evidence.none(),
        model,
        IllegalArgumentException.class,
        "rescale q-first-order needs calibration text, and there is none");
    fails(
        model.evidence(new ToyOutputs(Checkpoints.of(), List.of(), 0)),
        model,
        IllegalArgumentException.class,
        "at least one output");
    fails(
        model.evidence(
            output(Map.of("a.weight", new FloatTensor("a.weight", new long[] {4}, new float[4])))),
        model,
        MismatchException.class,
        "gradient of a.weight: expected shape [2, 2], got [4]");
    fails(
        model.evidence(output(Map.of("c", new FloatTensor("c", new long[] {4}, new float[4])))),
        model,
        MismatchException.class,
        "got those of [c]");
    float[] bad = {1, Float.NaN};
    fails(
        model.evidence(output(Map.of("a.bias", new FloatTensor("a.bias", new long[] {2}, bad)))),
        model,
        NonFiniteException.class,
        "gradient of a.bias, element 1");
  }
}
