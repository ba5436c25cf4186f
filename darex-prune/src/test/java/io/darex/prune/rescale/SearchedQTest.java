package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.Objective;
import io.darex.prune.PlaceStorage;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.Values;
import io.darex.prune.mask.Masks;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.rescale.SearchedQ.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SearchedQTest {
  private final Delta delta = RescaleContract.delta();
  private final Checkpoint base = delta.base();
  private final Mask mask = new RandomMask(3, 0.9);
  private final SparseDelta pruned = new Pruning(mask).prune(delta, 2);

  /** Closeness to the tuned weights: best where the noise of few kept entries is damped, q = 1. */
  private final Objective closeness =
      checkpoint -> {
        float[] values = Checkpoints.values(checkpoint.tensors().get("a.weight"));
        float[] tuned = Checkpoints.values(delta.tuned().tensors().get("a.weight"));
        double error = 0;
        for (int i = 0; i < values.length; i++) {
          error += Math.pow(values[i] - tuned[i], 2);
        }
        return -error;
      };

  private final Evidence evidence =
      RescaleContract.evidence()
          .withLabelled(Optional.of(closeness))
          .withUnlabelled(Optional.of(closeness));

  private Found find(String name, Map<String, ?> parameters) {
    return Rescales.create(name, parameters).find(delta, pruned, evidence, 2);
  }

  @Test
  void scoresTheModelThatWillBeApplied() {
    Found found = find("q-labelled", Map.of());
    assertThat(found.scale()).isEqualTo(Scale.of(1));
    for (Point point : found.searched()) {
      double score =
          closeness.score(
              new Pruning(mask)
                  .prune(base, delta.tuned())
                  .withScale(Scale.of(point.q()))
                  .applyTo(base));
      assertThat(point.score()).isEqualTo(score);
    }
  }

  @Test
  void labelsAreAveragedOverAllSeeds() {
    double[] each = scores("q-labelled", 0, 1, 2);
    assertThat(
            find("q-labelled", Map.of("searchSeeds", List.of(0, 1, 2))).searched().get(0).score())
        .isCloseTo((each[0] + each[1] + each[2]) / 3, within(1e-15));
    assertThat(each[0]).isNotEqualTo(each[1]);
  }

  @Test
  void withoutLabelsTheFarthestOfThreeIsLeftOut() {
    double[] each = scores("q-unlabelled", 0, 1, 2);
    double best = Double.NaN;
    double nearest = Double.POSITIVE_INFINITY;
    for (int left = 0; left < 3; left++) {
      // Of three numbers the two nearest each other stay.
      double a = each[(left + 1) % 3];
      double b = each[(left + 2) % 3];
      if (Math.abs(a - b) < nearest) {
        nearest = Math.abs(a - b);
        best = (a + b) / 2;
      }
    }
    assertThat(
            find("q-unlabelled", Map.of("searchSeeds", List.of(0, 1, 2))).searched().get(0).score())
        .isCloseTo(best, within(1e-15));
    assertThat(find("q-unlabelled", Map.of("searchSeeds", List.of(0, 1))).searched().get(0).score())
        .isCloseTo((each[0] + each[1]) / 2, within(1e-15));
  }

  private double[] scores(String name, int... seeds) {
    double[] scores = new double[seeds.length];
    for (int i = 0; i < seeds.length; i++) {
      scores[i] = find(name, Map.of("searchSeeds", List.of(seeds[i]))).searched().get(0).score();
    }
    return scores;
  }

  @Test
  void aMaskThatDrawsNothingIsScoredOnce() {
    int[] calls = {0};
    Mask magnitude = Masks.KINDS.get("magnitude").create(Map.of("dropRate", 0.9));
    Found found =
        Rescales.create("q-labelled", Map.of("searchSeeds", List.of(0, 1, 2)))
            .find(
                delta,
                new Pruning(magnitude).prune(delta, 2),
                Evidence.labelled(
                    checkpoint -> {
                      calls[0]++;
                      return closeness.score(checkpoint);
                    }),
                2);
    assertThat(calls[0]).isEqualTo(found.searched().size());
  }

  @Test
  void tellsOfEveryPointAsItGoesAndSkipsThoseWithoutAScore() {
    List<Point> seen = new ArrayList<>();
    int[] calls = {0};
    Evidence some =
        evidence
            .withLabelled(
                Optional.of(
                    checkpoint -> calls[0]++ % 2 == 0 ? Double.NaN : closeness.score(checkpoint)))
            .withProgress(seen::add);
    Found found = new SearchedQ(Target.LABELLED).find(delta, pruned, some, 2);
    assertThat(seen).isEqualTo(found.searched());
    assertThat(seen).filteredOn(point -> Double.isNaN(point.score())).isNotEmpty();
    Evidence none = evidence.withLabelled(Optional.of(checkpoint -> Double.NaN));
    assertThatThrownBy(() -> new SearchedQ(Target.LABELLED).find(delta, pruned, none, 2))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("NaN at every point tried, q = [0.09999999999999998, ");
  }

  /** docs/METHOD.md §9: where q = 1 − p is best, whatever the scope, the result is DARE's bytes. */
  @Test
  void isDareBitForBitWhereNothingIsBetter() {
    Evidence flat =
        evidence.withLabelled(Optional.of(c -> 0.5)).withUnlabelled(Optional.of(c -> 0.5));
    for (String name : List.of("q-labelled", "q-unlabelled")) {
      for (String scope : List.of("global", "layer")) {
        Rescale rescale = Rescales.create(name, Map.of("qScope", scope));
        Found found = rescale.find(delta, pruned, flat, 2);
        Scale dare = new InverseKeepRate().find(delta, pruned, flat, 2).scale();
        Checkpoint ours = pruned.withScale(found.scale()).applyTo(base);
        Checkpoint theirs = pruned.withScale(dare).applyTo(base);
        delta
            .pairs()
            .keySet()
            .forEach(
                tensor ->
                    assertThat(Checkpoints.values(ours.tensors().get(tensor)))
                        .isEqualTo(Checkpoints.values(theirs.tensors().get(tensor))));
        assertThat(found.searched().get(0))
            .isEqualTo(new Point(1 - 0.9, scope.equals("layer") ? 0.0 : null, 0.5));
      }
    }
  }

  @Test
  void layersAreSearchedByEta() {
    Found found = find("q-unlabelled", Map.of("qScope", "layer"));
    List<Point> byEta = new ArrayList<>(found.searched());
    byEta.sort((a, b) -> Double.compare(a.eta(), b.eta()));
    assertThat(byEta.get(0).eta()).isZero();
    assertThat(byEta).isSortedAccordingTo((a, b) -> Double.compare(a.q(), b.q()));
    // Closeness is best at q = 1 everywhere.
    assertThat(found.scale().q("a.weight")).isEqualTo(1);
    assertThat(found.scale().q("a.bias")).isEqualTo(1);
  }

  @Test
  void everyTensorHasItsShareOfQ() {
    // Rates by tensor, whatever mask has them.
    Map<String, Double> rates = Map.of("a.weight", 0.05, "a.bias", 0.8);
    SparseDelta uneven =
        new SparseDelta(
            new Uneven(mask, rates),
            pruned.scale(),
            Values.F32,
            new TreeMap<>(pruned.kept()),
            new TreeMap<>(pruned.whole()),
            pruned.provenance());
    double keepRate = mask.keepRate();
    assertThat(KeepRates.scale(uneven, keepRate)).isEqualTo(new Scale(keepRate, rates));
    Scale twice = KeepRates.scale(uneven, 2 * keepRate);
    assertThat(twice).isEqualTo(new Scale(2 * keepRate, Map.of("a.weight", 0.1, "a.bias", 1.0)));
    Evidence flat = evidence.withLabelled(Optional.of(c -> 0.5));
    Scale layers =
        Rescales.create("q-labelled", Map.of("qScope", "layer"))
            .find(delta, uneven, flat, 2)
            .scale();
    for (String name : delta.pairs().keySet()) {
      assertThat(layers.q(name)).isEqualTo(rates.getOrDefault(name, keepRate));
    }
  }

  /** A mask with keep rates of its own for some tensors. */
  private record Uneven(Mask mask, Map<String, Double> rates) implements Mask {
    @Override
    public String kind() {
      return mask.kind();
    }

    @Override
    public double dropRate() {
      return mask.dropRate();
    }

    @Override
    public double keepRate(String name) {
      return rates.getOrDefault(name, keepRate());
    }

    @Override
    public Map<String, Object> parameters() {
      return mask.parameters();
    }

    @Override
    public Mask withSeed(long seed) {
      return new Uneven(mask.withSeed(seed), rates);
    }

    @Override
    public PlaceStorage places() {
      return mask.places();
    }

    @Override
    public Choice choose(Delta chosen, int threads) {
      return mask.choose(chosen, threads);
    }
  }

  @Test
  void saysWhatItLacks() {
    assertLacks(Map.of(), "q-labelled", "q-labelled: expected labelled data to score on, got none");
    assertLacks(Map.of(), "q-unlabelled", "q-unlabelled: expected a calibration text");
    assertThatThrownBy(
            () ->
                Rescales.create("q-labelled", Map.of("qScope", "layer"))
                    .find(delta, pruned, Evidence.labelled(closeness), 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("scope layer: expected a calibration text")
        .hasMessageContaining("scope global");
  }

  private void assertLacks(Map<String, ?> parameters, String name, String message) {
    assertThatThrownBy(
            () -> Rescales.create(name, parameters).find(delta, pruned, Evidence.none(), 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void theListKnowsItsParameters() {
    assertThat(Rescales.create("q-labelled", Map.of())).isEqualTo(new SearchedQ(Target.LABELLED));
    assertThat(Rescales.create("q-unlabelled", Map.of()))
        .isEqualTo(new SearchedQ(Target.UNLABELLED));
    assertThat(Rescales.create("q-labelled", Map.of("searchSeeds", List.of(0, 1))))
        .isEqualTo(new SearchedQ(Target.LABELLED, Scope.GLOBAL, List.of(0L, 1L)));
    assertThatThrownBy(() -> Rescales.create("q-labelled", Map.of("influence", "signed")))
        .hasMessageContaining("no parameter 'influence'");
    assertThatThrownBy(() -> Rescales.create("q-labelled", Map.of("qScope", "row")))
        .hasMessage("rescale q-labelled needs one of [global, layer] as 'qScope', got row");
  }
}
