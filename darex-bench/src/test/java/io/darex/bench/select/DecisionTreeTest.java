package io.darex.bench.select;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.select.DecisionTree.Walk;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** Every branch of the tree in docs/METHOD.md §8, on made-up measurements. */
class DecisionTreeTest {
  private static final OptionalDouble UNKNOWN = OptionalDouble.empty();

  @Test
  void smallDeltasAreRescaledByWhatThereIs() {
    assertThat(walk(.99, 6e-4, UNKNOWN, UNKNOWN, true, true, false).method())
        .isEqualTo("q-labelled layer");
    assertThat(walk(.99, 6e-4, UNKNOWN, UNKNOWN, false, true, false).method())
        .isEqualTo("q-unlabelled layer");
    assertThat(walk(.99, 6e-4, UNKNOWN, UNKNOWN, false, true, true).method())
        .isEqualTo("q-unlabelled");
    assertThat(walk(.9, 6e-4, UNKNOWN, UNKNOWN, false, false, false).method())
        .isEqualTo("inverse-keep-rate");
  }

  @Test
  void dareWithoutEvidenceIsWarnedAboutFromNineTenthsOn() {
    assertThat(walk(.9, 6e-4, UNKNOWN, UNKNOWN, false, false, false).warning()).isEmpty();
    assertThat(walk(.95, 6e-4, UNKNOWN, UNKNOWN, false, false, false).warning())
        .contains("0.9;", "0.95");
    assertThat(walk(.95, 6e-4, UNKNOWN, UNKNOWN, true, true, false).warning()).isEmpty();
  }

  @Test
  void largeDeltasArePrunedByImportance() {
    Walk texts = walk(.9, 1e-2, UNKNOWN, UNKNOWN, false, true, false);
    assertThat(texts.importance()).isTrue();
    assertThat(texts.method()).isEqualTo("wanda none");
    assertThat(walk(.9, 1e-2, UNKNOWN, UNKNOWN, false, false, false).method())
        .isEqualTo("magnitude none");
    assertThat(walk(.9, 9.9e-3, UNKNOWN, UNKNOWN, false, false, false).importance()).isFalse();
  }

  @Test
  void theAlignmentDecidesWhereDeltasAreInBetweenAndOnlyThere() {
    // (1-p)·r = .05, and 2 at r = 20.
    assertThat(walk(.9, 3e-3, OptionalDouble.of(.5), UNKNOWN, true, true, false).importance())
        .isTrue();
    assertThat(walk(.9, 3e-3, OptionalDouble.of(20), UNKNOWN, true, true, false).importance())
        .isFalse();
    Walk small = walk(.9, 6e-4, OptionalDouble.of(.5), UNKNOWN, true, true, false);
    assertThat(small.importance()).isFalse();
    Decision noise = small.decisions().get(2);
    assertThat(noise.measured())
        .isEqualTo("(1-p)·r = 0.0500: relative error 18.0 at q = 1-p, 0.947 at the best q");
    assertThat(noise.way()).isEqualTo("in its layer, but the deltas are small");
  }

  @Test
  void deltasThatDareCannotHalveCountAsLarge() {
    assertThat(walk(.9, 6e-4, UNKNOWN, OptionalDouble.of(.11), true, true, false).importance())
        .isTrue();
    assertThat(walk(.9, 6e-4, UNKNOWN, OptionalDouble.of(.1), true, true, false).importance())
        .isFalse();
  }

  @Test
  void permissionToTrainIsAnsweredInWordsAndChangesNothingElse() {
    Available may = new Available(true, true, true, false);
    Walk allowed = DecisionTree.walk(.99, measured(6e-4, UNKNOWN), UNKNOWN, may);
    assertThat(allowed.decisions().get(0).way()).contains("configs/finetune/adamr-l2.yml");
    Walk forbidden = walk(.99, 6e-4, UNKNOWN, UNKNOWN, true, true, false);
    assertThat(forbidden.decisions().get(0).way()).doesNotContain("adamr");
    assertThat(allowed.method()).isEqualTo(forbidden.method());
  }

  @Test
  void everyBranchHasItsNumberAndThreshold() {
    Walk walk = walk(.99, 3e-3, OptionalDouble.of(5), OptionalDouble.of(.02), false, true, false);
    assertThat(walk.decisions())
        .hasSizeGreaterThan(3)
        .allSatisfy(
            decision -> {
              assertThat(decision.question()).endsWith("?");
              assertThat(decision.measured()).isNotBlank();
              assertThat(decision.threshold()).isNotBlank();
              assertThat(decision.way()).isNotBlank();
            });
  }

  private static Walk walk(
      double dropRate,
      double mean,
      OptionalDouble alignment,
      OptionalDouble dareAtHalf,
      boolean labels,
      boolean texts,
      boolean decoder) {
    Available available = new Available(labels, texts, false, decoder);
    return DecisionTree.walk(dropRate, measured(mean, alignment), dareAtHalf, available);
  }

  private static Measurements measured(double mean, OptionalDouble alignment) {
    return new Measurements(mean, List.of(), alignment);
  }
}
