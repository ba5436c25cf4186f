package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Delta;
import io.darex.prune.MismatchException;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.mask.RandomMask;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FixedQTest implements RescaleContract {
  private final Delta delta = RescaleContract.delta();
  private final SparseDelta pruned = new Pruning(new RandomMask(1, 0.9)).prune(delta, 1);

  @Override
  public Rescale rescale() {
    return new FixedQ(new Scale(0.3, Map.of("a.weight", 0.05, "f*n", 1.0)));
  }

  @Override
  public double least(double keepRate) {
    return 0.05;
  }

  private Scale find(Rescale rescale) {
    return rescale.find(delta, pruned, Evidence.none(), 1).scale();
  }

  @Test
  void oneNumberServesAll() {
    assertThat(find(new FixedQ(0.37))).isEqualTo(Scale.of(0.37));
    assertThat(new FixedQ(0.37).parameters()).isEqualTo(Map.of("q", 0.37));
  }

  @Test
  void patternsServeThoseThatHaveNoQOfTheirOwn() {
    assertThat(find(rescale())).isEqualTo(new Scale(0.3, Map.of("a.weight", 0.05, "frozen", 1.0)));
    assertThat(find(new FixedQ(new Scale(0.3, Map.of("*", 0.2, "a.bias", 0.1)))))
        .isEqualTo(
            new Scale(0.3, Map.of("a.bias", 0.1, "a.weight", 0.2, "empty", 0.2, "frozen", 0.2)));
  }

  @Test
  void readsWhatDarexQLooksLike() {
    assertThat(Rescales.create("q", Map.of("fallback", 0.3, "tensors", Map.of("a.bias", "0.1"))))
        .isEqualTo(new FixedQ(new Scale(0.3, Map.of("a.bias", 0.1))));
    assertThatThrownBy(() -> Rescales.create("q", Map.of("tensors", Map.of("a.bias", 0.1))))
        .hasMessage("rescale q needs a parameter 'fallback'");
    assertThatThrownBy(() -> Rescales.create("q", Map.of("fallback", 0.3, "tensors", 0.1)))
        .hasMessage("rescale q needs numbers by name as 'tensors', got 0.1");
    assertThatThrownBy(
            () -> Rescales.create("q", Map.of("fallback", 1, "tensors", Map.of("a.bias", "x"))))
        .hasMessage("rescale q needs numbers by name as 'tensors', got 'a.bias': x");
    assertThatThrownBy(() -> Rescales.create("q", Map.of("fallback", 0.3, "q", 0.1)))
        .hasMessageContaining("either q, or fallback and tensors, got both");
  }

  @Test
  void listsNamesThatNothingHasAndTensorsThatSeveralPatternsMatch() {
    Map<String, Double> tensors = Map.of("classifier.weight", 0.1, "b*", 0.1, "a*", 0.1, "*t", 0.2);
    assertThatThrownBy(() -> find(new FixedQ(new Scale(0.3, tensors))))
        .isInstanceOfSatisfying(
            MismatchException.class,
            e ->
                assertThat(e.problems())
                    .containsExactly(
                        "q of a.weight: both *t and a* match it",
                        "q of b*: no pruned tensor has that name",
                        "q of classifier.weight: no pruned tensor has that name"));
  }

  @Test
  void refusesAQOutsideTheRange() {
    for (double q : new double[] {0, -1, 1.01, Double.NaN}) {
      assertThatThrownBy(() -> new FixedQ(q)).hasMessageContaining("q must be in (0, 1]");
    }
  }
}
