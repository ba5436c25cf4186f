package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.MismatchException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetTest {
  /** Tensors of all sizes and spreads, one of them frozen, one empty. */
  private static Delta delta(SplittableRandom random) {
    Delta.Pair[] pairs = new Delta.Pair[2 + random.nextInt(1, 8)];
    pairs[0] = Deltas.pair("frozen", new long[] {300}, new float[300]);
    pairs[1] = Deltas.pair("none", new long[] {0, 3});
    for (int i = 2; i < pairs.length; i++) {
      long[] shape = {random.nextInt(1, 3000)};
      float[] values =
          Checkpoints.values(
              Checkpoints.random(random.nextLong(), "t", Math.exp(random.nextInt(8)), shape));
      pairs[i] = Deltas.pair("t" + i, shape, values);
    }
    return Deltas.of(pairs);
  }

  private static Map<String, Double> importance(SplittableRandom random, Delta delta) {
    Map<String, Double> importance = new HashMap<>();
    delta
        .pairs()
        .keySet()
        .forEach(
            name ->
                importance.put(
                    name, random.nextInt(4) == 0 ? 0 : Math.exp(random.nextDouble(-9, 9))));
    return importance;
  }

  private static double count(Delta delta, String name) {
    return delta.pairs().get(name).tuned().count();
  }

  private static double rms(Delta delta, String name) {
    double sum = 0;
    for (float value : Deltas.values(delta, name)) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum / Math.max(1, count(delta, name)));
  }

  @Property(tries = 300)
  void everyBudgetIsMetAndLeavesEachTensorATenth(
      @ForAll long seed,
      @ForAll @net.jqwik.api.constraints.Scale(8) @DoubleRange(max = 0.999999) double p) {
    SplittableRandom random = new SplittableRandom(seed);
    Delta delta = delta(random);
    for (Budget budget : Budget.values()) {
      SortedMap<String, Double> rates = budget.rates(delta, p, importance(random, delta), 2);
      assertThat(rates.keySet()).isEqualTo(delta.pairs().keySet());
      double kept = 0;
      for (Map.Entry<String, Double> each : rates.entrySet()) {
        assertThat(each.getValue()).isGreaterThanOrEqualTo(0).isLessThan(1);
        assertThat(1 - each.getValue()).isGreaterThan(0.1 * (1 - p) * (1 - 1e-5) - 1e-16);
        kept += (1 - each.getValue()) * count(delta, each.getKey());
      }
      double wanted = (1 - p) * delta.entries();
      assertThat(kept).as("%s", budget).isCloseTo(wanted, within(1e-5 * wanted));
      // A few digits each, not what doubles happen to print.
      assertThat(rates.values().stream().map(String::valueOf))
          .allMatch(text -> budget == Budget.UNIFORM || text.length() <= 18);
    }
  }

  @Property(tries = 200)
  void whoMattersMoreKeepsMore(
      @ForAll long seed,
      @ForAll @net.jqwik.api.constraints.Scale(6) @DoubleRange(max = 0.999) double p) {
    SplittableRandom random = new SplittableRandom(seed);
    Delta delta = delta(random);
    Map<String, Double> importance = importance(random, delta);
    SortedMap<String, Double> apl = Budget.APL.rates(delta, p, importance, 1);
    SortedMap<String, Double> variance = Budget.VARIANCE.rates(delta, p, Map.of(), 1);
    for (String one : apl.keySet()) {
      for (String other : apl.keySet()) {
        if (count(delta, one) == 0 || count(delta, other) == 0) {
          continue;
        }
        if (importance.get(one) / count(delta, one) > importance.get(other) / count(delta, other)) {
          assertThat(apl.get(one)).isLessThanOrEqualTo(apl.get(other));
        }
        if (rms(delta, one) > rms(delta, other)) {
          assertThat(variance.get(one)).isLessThanOrEqualTo(variance.get(other));
        }
      }
    }
  }

  /** No other rates above the floor have less expected error: the whole grid of three tensors. */
  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.5, 0.8, 0.9})
  void varianceIsTheOptimum(double p) {
    Delta delta =
        Deltas.of(
            spread(1, "a", 0.001, 600), spread(2, "b", 0.01, 200), spread(3, "c", 0.0012, 400));
    SortedMap<String, Double> rates = Budget.VARIANCE.rates(delta, p, Map.of(), 2);
    double found = error(delta, 1 - rates.get("a"), 1 - rates.get("b"), 1 - rates.get("c"));
    double floor = 0.1 * (1 - p);
    double wanted = (1 - p) * delta.entries();
    double best = Double.POSITIVE_INFINITY;
    int steps = 1500;
    for (int i = 0; i <= steps; i++) {
      double a = floor + (1 - floor) * i / steps;
      for (int j = 0; j <= steps; j++) {
        double b = floor + (1 - floor) * j / steps;
        double c = (wanted - 600 * a - 200 * b) / 400;
        if (c >= floor && c <= 1) {
          best = Math.min(best, error(delta, a, b, c));
        }
      }
    }
    assertThat(found).isLessThanOrEqualTo(best * (1 + 1e-5)).isCloseTo(best, within(0.01 * best));
  }

  private static Delta.Pair spread(long seed, String name, double spread, int count) {
    float[] values = Checkpoints.values(Checkpoints.random(seed, name, spread, count));
    return Deltas.pair(name, new long[] {count}, values);
  }

  /** Σ n·v·p/(1−p), the expected squared error of random dropping. */
  private static double error(Delta delta, double... keep) {
    double error = 0;
    int i = 0;
    for (String name : delta.pairs().keySet()) {
      double k = keep[i++];
      error += count(delta, name) * Math.pow(rms(delta, name), 2) * (1 - k) / k;
    }
    return error;
  }

  @Test
  void aplKeepsAsMuchAsATensorMatters() {
    Delta delta =
        Deltas.of(Deltas.pair(1, "a", 1000), Deltas.pair(2, "b", 1000), Deltas.pair(3, "c", 2000));
    // 400 entries by 1 : 3 : 4, each above its floor of a hundredth.
    Map<String, Double> importance = Map.of("a", 1.0, "b", 3.0, "c", 4.0);
    assertThat(Budget.APL.rates(delta, 0.9, importance, 1))
        .isEqualTo(Map.of("a", 0.95, "b", 0.85, "c", 0.9));
    // All of b, the floor for a, the rest for c.
    importance = Map.of("a", 0.0, "b", 1e9, "c", 1.0);
    assertThat(Budget.APL.rates(delta, 0.7, importance, 1))
        .isEqualTo(Map.of("a", 0.97, "b", 0.0, "c", 0.915));
  }

  @Test
  void withNothingToTellThemApartAllKeepTheSame() {
    Delta zeros =
        Deltas.of(
            Deltas.pair("a", new long[] {3}, new float[3]),
            Deltas.pair("b", new long[] {5}, new float[5]));
    assertThat(Budget.VARIANCE.rates(zeros, 0.875, Map.of(), 1))
        .isEqualTo(Map.of("a", 0.875, "b", 0.875));
  }

  @Test
  void namesTensorsWithoutImportance() {
    Delta delta = Deltas.of(Deltas.pair(1, "a", 3), Deltas.pair(2, "b", 3), Deltas.pair(3, "c", 3));
    assertThat(Budget.APL.needsImportance()).isTrue();
    assertThatThrownBy(() -> Budget.APL.rates(delta, 0.5, Map.of("a", 1.0, "b", Double.NaN), 1))
        .isInstanceOf(MismatchException.class)
        .hasMessage(
            "tensor b: expected an importance of at least 0, got NaN; "
                + "tensor c: expected an importance of at least 0, got none");
  }

  @Test
  void isAnOptionOfEveryMaskThatHasRates() {
    Delta delta = Deltas.of(Deltas.pair(1, "a", 30, 40), Deltas.pair(2, "b", 30));
    for (Mask mask :
        List.of(
            new RandomMask(1, 0.9),
            new StratifiedMask(1, 0.9, 10),
            new ColumnsMask(1, 0.9),
            new MagnitudeMask(0.9, Scope.ROW),
            new WandaMask(0.9))) {
      assertThat(Budget.UNIFORM.allocate(mask, delta, Map.of(), 1)).isSameAs(mask);
      assertThat(Budget.VARIANCE.allocate(mask, delta, Map.of(), 1))
          .isEqualTo(new PerTensorMask(mask, Budget.VARIANCE.rates(delta, 0.9, Map.of(), 1)));
    }
    Mask nm = new NmMask(2, 4);
    Budget.UNIFORM.requireFits(nm);
    assertThatThrownBy(() -> Budget.VARIANCE.allocate(nm, delta, Map.of(), 1))
        .hasMessage("mask n:m cannot have a drop rate for each tensor: it has none to choose");
  }
}
