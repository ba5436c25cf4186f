package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.Objective;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.mask.Mask;
import io.darex.prune.mask.RandomMask;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RescaleTest {
  private final Tensor before = Checkpoints.random(1, "w", 0.05, 50, 50);
  private final Tensor after = Checkpoints.tuned(2, before, "w");
  private final Checkpoint base = Checkpoints.of(before);
  private final Delta delta = Delta.between(base, Checkpoints.of(after), Selection.ALL);
  private final Mask mask = new RandomMask(3, 0.9);
  private final SparseDelta pruned = new Pruning(mask).prune(delta, 2);

  /** Closeness to the tuned weights: best where the noise of few kept entries is damped, q = 1. */
  private final Objective closeness =
      checkpoint -> {
        float[] values = Checkpoints.values(checkpoint.tensors().get("w"));
        double error = 0;
        for (int i = 0; i < values.length; i++) {
          error += Math.pow(values[i] - after.at(i), 2);
        }
        return -error;
      };

  @Test
  void everyRescaleHasItsContractTest() {
    assertThat(
            Stream.of(
                    new FixedQTest(),
                    new InverseKeepRateTest(),
                    new NormMatchTest(),
                    new QFirstOrderTest(),
                    new QLabelledTest(),
                    new QLayerMseTest(),
                    new QLearnedTest(),
                    new QLeastSquaresTest(),
                    new QSecondOrderTest(),
                    new UnscaledTest())
                .map(test -> test.rescale().name()))
        .containsExactlyInAnyOrderElementsOf(Rescales.names());
  }

  @Test
  void theLabelledSearchScoresTheModelThatWillBeApplied() {
    Found found =
        new QLabelled(List.of(), QSearch.DEFAULT)
            .find(delta, pruned, Evidence.labelled(closeness), 2);
    assertThat(found.scale().fallback()).isEqualTo(1.0);
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
  void theLabelledSearchAveragesOverItsSeeds() {
    Found zero = find(List.of(0L));
    Found one = find(List.of(1L));
    Found both = find(List.of(0L, 1L));
    double mean = (zero.searched().get(0).score() + one.searched().get(0).score()) / 2;
    assertThat(both.searched().get(0).score()).isEqualTo(mean);
    assertThat(zero.searched().get(0)).isNotEqualTo(one.searched().get(0));
  }

  @Test
  void theLabelledSearchReportsProgressAndNeedsLabels() {
    List<Point> seen = new ArrayList<>();
    QLabelled rescale = new QLabelled(List.of(), QSearch.DEFAULT);
    Found found =
        rescale.find(delta, pruned, Evidence.labelled(closeness).withProgress(seen::add), 2);
    assertThat(seen).hasSizeGreaterThanOrEqualTo(8).isEqualTo(found.searched());
    assertThatThrownBy(() -> rescale.find(delta, pruned, Evidence.none(), 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs an objective on labelled data");
  }

  @Test
  void aSearchNeedsMasksOfOneRate() {
    SparseDelta other = new Pruning(new RandomMask(1, 0.5)).prune(delta, 2);
    for (List<SparseDelta> several : List.of(List.<SparseDelta>of(), List.of(pruned, other))) {
      assertThatThrownBy(() -> QSearch.DEFAULT.best(several, base, closeness, point -> {}))
          .hasMessageContaining("masks of one keep rate");
    }
  }

  @Test
  void theListNamesThem() {
    assertThat(Rescales.names())
        .containsExactly(
            "inverse-keep-rate",
            "none",
            "norm-match",
            "q",
            "q-first-order",
            "q-labelled",
            "q-layer-mse",
            "q-learned",
            "q-least-squares",
            "q-second-order");
    assertThat(Rescales.create("inverse-keep-rate", Map.of())).isEqualTo(new InverseKeepRate());
    assertThat(Rescales.create("q", Map.of("q", 0.2))).isEqualTo(new FixedQ(0.2));
    assertThat(Rescales.create("q-labelled", Map.of()))
        .isEqualTo(new QLabelled(List.of(), QSearch.DEFAULT));
    assertThat(
            Rescales.create(
                "q-labelled",
                Map.of("seeds", List.of(0, 1), "coarse", 10, "rounds", 1, "tolerance", 0.5)))
        .isEqualTo(new QLabelled(List.of(0L, 1L), new QSearch(10, 1, 0.5)));
    for (String name : Rescales.names()) {
      Map<String, Object> parameters = name.equals("q") ? Map.of("q", 0.2) : Map.of();
      assertThat(Rescales.create(name, parameters).name()).isEqualTo(name);
    }
  }

  @Test
  void theListNamesWhatIsWrong() {
    assertThatThrownBy(() -> Rescales.create("dare", Map.of()))
        .hasMessageContaining("unknown rescale 'dare'");
    assertThatThrownBy(() -> Rescales.create("q", Map.of()))
        .hasMessage("rescale q needs a parameter 'q'");
    assertThatThrownBy(() -> Rescales.create("q-labelled", Map.of("seed", 3)))
        .hasMessageContaining("no parameter 'seed'");
    assertThatThrownBy(() -> Rescales.create("q-labelled", Map.of("coarse", 1L << 32)))
        .hasMessageContaining("32-bit integer");
  }

  private Found find(List<Long> seeds) {
    return new QLabelled(seeds, QSearch.DEFAULT)
        .find(delta, pruned, Evidence.labelled(closeness), 2);
  }
}
