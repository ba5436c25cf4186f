package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.LayerInput;
import io.darex.prune.Mask;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WandaMaskTest implements MaskContract {
  @Override
  public Mask mask(double dropRate) {
    return new WandaMask(dropRate);
  }

  /** Norms for every matrix; what is none has no inputs. */
  @Override
  public Mask fitted(Mask mask, Delta delta) {
    Map<String, List<Double>> norms = new TreeMap<>();
    delta
        .pairs()
        .forEach(
            (name, pair) -> {
              long[] shape = pair.tuned().shape();
              if (shape.length == 2) {
                norms.put(name, norms(new SplittableRandom(3), (int) shape[1]));
              }
            });
    return new WandaMask(mask.dropRate(), Optional.of(norms));
  }

  /** Some are equal, some 0, and they differ by orders of magnitude. */
  private static List<Double> norms(SplittableRandom random, int features) {
    return Stream.generate(() -> 0.0)
        .limit(features)
        .map(none -> random.nextInt(5) * Math.exp(3 * random.nextInt(3)))
        .toList();
  }

  @Property(tries = 60)
  void keepsWhatSortingKeepsOfEachRow(
      @ForAll long seed, @ForAll @Scale(6) @DoubleRange(max = 0.9999) double p) {
    SplittableRandom random = new SplittableRandom(seed);
    int columns = random.nextInt(1, 400);
    long[] shape = {random.nextInt(1, 400), columns};
    List<Double> norms = norms(random, columns);
    for (Delta delta :
        new Delta[] {
          Deltas.of(Deltas.coarse(seed, "w", shape)), Deltas.of(Deltas.pair(seed, "w", shape))
        }) {
      float[] values = Deltas.values(delta, "w");
      long[] expected =
          IntStream.range(0, (int) shape[0])
              .mapToObj(row -> sorted(values, row * columns, norms, p))
              .flatMapToLong(Arrays::stream)
              .toArray();
      Mask mask = new WandaMask(p, Optional.of(Map.of("w", norms)));
      assertThat(Kept.indices(mask.choose(delta, 2).on("w"), values.length)).isEqualTo(expected);
    }
  }

  private static long[] sorted(float[] delta, int from, List<Double> norms, double p) {
    int to = from + norms.size();
    int wanted = Brute.kept(Brute.nonZeros(delta, from, to), p);
    return IntStream.range(from, to)
        .boxed()
        .filter(i -> delta[i] != 0)
        .sorted(
            Comparator.comparing((Integer i) -> -Math.abs((double) delta[i]) * norms.get(i - from))
                .thenComparing(i -> i))
        .limit(wanted)
        .mapToLong(i -> i)
        .sorted()
        .toArray();
  }

  /** Whatever the norm, it must tell apart all that fp32 does, and no more. */
  @Property(tries = 40)
  void withEqualNormsIsMagnitudeByRow(
      @ForAll long seed,
      @ForAll @Scale(6) @DoubleRange(max = 0.9999) double p,
      @ForAll @Scale(9) @DoubleRange(min = 1e-6, max = 1e6) double norm) {
    Delta delta =
        Deltas.of(Deltas.coarse(seed, "coarse", 30, 700), Deltas.pair(seed, "fine", 300, 500));
    Map<String, List<Double>> norms =
        Map.of("coarse", Collections.nCopies(700, norm), "fine", Collections.nCopies(500, norm));
    Choice wanda = new WandaMask(p, Optional.of(norms)).choose(delta, 2);
    Choice magnitude = new MagnitudeMask(p, Scope.ROW).choose(delta, 2);
    delta
        .pairs()
        .forEach(
            (name, pair) ->
                assertThat(Kept.indices(wanda.on(name), pair.tuned().count()))
                    .isEqualTo(Kept.indices(magnitude.on(name), pair.tuned().count())));
  }

  /** Neighbours in fp32 whose fp32 products with 1.9 are equal. */
  @Test
  void tellsNeighboursApart() {
    float low = 1 + 4 * Math.ulp(1f);
    float high = Math.nextUp(low);
    while (low * 1.9f != high * 1.9f) {
      low = high;
      high = Math.nextUp(low);
    }
    Mask mask = new WandaMask(0.5, Optional.of(Map.of("w", List.of(1.9, 1.9))));
    Delta delta = Deltas.of(new long[] {1, 2}, low, high);
    assertThat(Kept.indices(mask.choose(delta, 1).on("w"), 2)).containsExactly(1);
  }

  @Test
  void takesTheNormsOfTheInputs() {
    // Three inputs: (1, 2), (2, 0), (2, -6). Norms 3 and √40.
    double[] products = {3, -10 / 3.0, -10 / 3.0, 40 / 3.0};
    LayerInput input = new LayerInput(3, new double[] {5 / 3.0, -4 / 3.0}, products);
    WandaMask mask = (WandaMask) new WandaMask(0.5).withInputs(Map.of("w", input));
    assertThat(mask.norms()).contains(Map.of("w", List.of(3.0, Math.sqrt(40))));
    assertThat(mask.needsInputs()).isTrue();
    assertThat(mask.withSeed(3)).isEqualTo(mask);
    // 3·2 against √40·0.9 and √40·0.96.
    Delta delta = Deltas.of(new long[] {2, 2}, 2, 0.9f, -2, -0.96f);
    assertThat(Kept.indices(mask.choose(delta, 1).on("w"), 4)).containsExactly(0, 3);
  }

  @Test
  void keepsTheFirstWhereNothingEverEntered() {
    Mask mask = new WandaMask(0.5, Optional.of(Map.of("w", List.of(0.0, 0.0, 0.0, 0.0))));
    Delta delta = Deltas.of(new long[] {1, 4}, 0, 1, 2, 3);
    assertThat(Kept.indices(mask.choose(delta, 1).on("w"), 4)).containsExactly(1, 2);
  }

  @Test
  void prunesByMagnitudeWhatHasNoInputs() {
    Delta delta =
        Deltas.of(
            Deltas.pair(1, "bias", 900), Deltas.pair(2, "embeddings", 50, 70), Deltas.pair(3, "s"));
    Choice wanda = new WandaMask(0.8).withInputs(Map.of()).choose(delta, 2);
    Choice magnitude = new MagnitudeMask(0.8, Scope.ROW).choose(delta, 2);
    for (String name : delta.pairs().keySet()) {
      long count = delta.pairs().get(name).tuned().count();
      assertThat(Kept.indices(wanda.on(name), count))
          .isNotEmpty()
          .isEqualTo(Kept.indices(magnitude.on(name), count));
    }
  }

  @Test
  void needsInputsOfTheRightShape() {
    assertThatThrownBy(() -> new WandaMask(0.5).choose(Deltas.gaussian(2, 3), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("mask wanda: expected a calibration text, got none");
    List<Double> two = List.of(1.0, 2.0);
    Delta delta =
        Deltas.of(
            Deltas.pair(1, "fits", 4, 2),
            Deltas.pair(2, "transposed", 2, 4),
            Deltas.pair(3, "vector", 2));
    Mask mask =
        new WandaMask(0.5, Optional.of(Map.of("fits", two, "transposed", two, "vector", two)));
    assertThatThrownBy(() -> mask.choose(delta, 1))
        .isInstanceOf(MismatchException.class)
        .hasMessage(
            "tensor transposed: shape [2, 4] in the delta, inputs of 2 features; "
                + "tensor vector: shape [2] in the delta, inputs of 2 features");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesNormsThatAreNone(double norm) {
    assertThatThrownBy(() -> new WandaMask(0.5, Optional.of(Map.of("w", List.of(1.0, norm)))))
        .hasMessage("input norms of w must be finite and not negative, got " + norm);
  }

  @Test
  void namesABadValue() {
    float[] values = new float[200];
    values[150] = Float.NaN;
    Delta delta = Deltas.of(new long[] {2, 100}, values);
    Mask mask = new WandaMask(0.5, Optional.of(Map.of("w", Collections.nCopies(100, 1.0))));
    assertThatThrownBy(() -> Kept.indices(mask.choose(delta, 1).on("w"), 200))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("w of the tuned model, element 150");
  }
}
