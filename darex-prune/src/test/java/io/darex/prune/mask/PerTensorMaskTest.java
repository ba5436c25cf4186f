package io.darex.prune.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.MismatchException;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.rescale.Evidence;
import io.darex.prune.rescale.InverseKeepRate;
import io.darex.prune.rescale.NormMatch;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PerTensorMaskTest {
  /** Rates of their own, other than the overall one, for all tensors of the contract's deltas. */
  private interface Contract extends MaskContract {
    Mask template(double dropRate);

    @Override
    default Mask mask(double dropRate) {
      return new PerTensorMask(template(dropRate), Map.of("w", dropRate / 2));
    }

    @Override
    default Mask fitted(Mask mask, Delta delta) {
      Map<String, Double> rates = new TreeMap<>();
      delta
          .pairs()
          .keySet()
          .forEach(name -> rates.put(name, mask.dropRate() * (0.95 - rates.size() / 10.0)));
      return new PerTensorMask(((PerTensorMask) mask).template(), rates);
    }
  }

  @Nested
  class Random implements Contract {
    @Override
    public Mask template(double dropRate) {
      return new RandomMask(5, dropRate);
    }
  }

  @Nested
  class Stratified implements Contract {
    @Override
    public Mask template(double dropRate) {
      return new StratifiedMask(5, dropRate, 100);
    }
  }

  @Nested
  class Columns implements Contract {
    @Override
    public Mask template(double dropRate) {
      return new ColumnsMask(5, dropRate);
    }
  }

  @Nested
  class Magnitude implements Contract {
    @Override
    public Mask template(double dropRate) {
      return new MagnitudeMask(dropRate, Scope.TENSOR);
    }
  }

  static Stream<Mask> templates() {
    return Stream.of(
        new RandomMask(9, 0.8),
        new StratifiedMask(9, 0.8, 10),
        new ColumnsMask(9, 0.8),
        new MagnitudeMask(0.8, Scope.TENSOR),
        new MagnitudeMask(0.8, Scope.ROW),
        new WandaMask(0.8, Optional.of(Map.of("b", Collections.nCopies(40, 2.0)))));
  }

  private static final Map<String, Double> RATES = Map.of("a", 0.75, "b", 0.9, "c", 0.25);

  private static Delta delta() {
    return Deltas.of(
        Deltas.pair(1, "a", 3, 500), Deltas.pair(2, "b", 90, 40), Deltas.pair(3, "c", 70_000));
  }

  /** Each tensor is as a whole mask of its rate would have it. */
  @ParameterizedTest
  @MethodSource("templates")
  void givesEachTensorTheMaskOfItsRate(Mask template) {
    Delta delta = delta();
    Mask mask = new PerTensorMask(template, RATES);
    Choice choice = mask.choose(delta, 2);
    RATES.forEach(
        (name, rate) -> {
          Mask uniform = template.withDropRate(rate);
          assertThat(uniform.dropRate()).isEqualTo(rate);
          Choice expected = uniform.choose(delta, 2);
          long count = delta.pairs().get(name).tuned().count();
          assertThat(Kept.indices(choice.on(name), count))
              .isNotEmpty()
              .isEqualTo(Kept.indices(expected.on(name), count));
          assertThat(mask.keepRate(name)).isEqualTo(uniform.keepRate());
          assertThat(mask.of(name)).isEqualTo(uniform);
        });
    assertThat(mask.dropRate()).isEqualTo(0.8);
    assertThat(mask.keepRate()).isEqualTo(template.keepRate());
    assertThat(mask.needsInputs()).isEqualTo(template.needsInputs());
    assertThat(mask.withSeed(3)).isEqualTo(new PerTensorMask(template.withSeed(3), RATES));
    assertThat(mask.withDropRate(0.3)).isEqualTo(template.withDropRate(0.3));
  }

  @Test
  void isRebuiltFromItsParameters() {
    Mask mask = new PerTensorMask(new RandomMask(1, 0.5), RATES);
    assertThat(mask.parameters()).isEqualTo(Map.of("seed", "1", "dropRate", RATES, "overall", 0.5));
    Map<String, Object> parameters = new TreeMap<>(mask.parameters());
    assertThat(Masks.create("random", parameters)).isEqualTo(mask);
    parameters.remove("overall");
    assertThatThrownBy(() -> Masks.create("random", parameters))
        .hasMessage("mask random needs a parameter 'overall'");
  }

  @Test
  void refusesRatesAMaskCannotHave() {
    assertThatThrownBy(() -> new PerTensorMask(new RandomMask(1, 0.5), Map.of("a", 0.5, "b", 1.5)))
        .hasMessage("tensor b: dropRate must be in [0, 1), got 1.5");
    assertThatThrownBy(() -> new PerTensorMask(new NmMask(2, 4), Map.of()))
        .hasMessage("mask n:m cannot have a drop rate for each tensor: it has none to choose");
    assertThatThrownBy(() -> new PerTensorMask(new MagnitudeMask(0.5, Scope.MODEL), RATES))
        .hasMessage(
            "mask magnitude with scope model cannot have a drop rate for each tensor: its one "
                + "threshold decides what each drops; use scope tensor or row");
  }

  @Test
  void namesTensorsWithoutARateAndRatesWithoutATensor() {
    Mask mask = new PerTensorMask(new RandomMask(1, 0.5), Map.of("a", 0.5, "z", 0.5));
    assertThatThrownBy(() -> mask.choose(delta(), 1))
        .isInstanceOf(MismatchException.class)
        .hasMessage(
            "tensor b is pruned and has no dropRate; tensor c is pruned and has no dropRate; "
                + "dropRate of z: no such tensor is pruned");
    assertThatThrownBy(() -> mask.keepRate("b")).hasMessage("tensor b has no dropRate of its own");
  }

  @Test
  void rescalesEachTensorByItsOwnKeepRate() {
    Delta delta = delta();
    Mask mask = new PerTensorMask(new RandomMask(1, 0.75), RATES);
    SparseDelta pruned = new Pruning(mask, Selection.ALL).prune(delta, 2);
    Scale dare = new Scale(0.25, Map.of("b", 1 - 0.9, "c", 0.75));
    assertThat(pruned.scale()).isEqualTo(dare);
    assertThat(new InverseKeepRate().find(delta, pruned, Evidence.none(), 1).scale())
        .isEqualTo(dare);
    // Tensors without change have no norm to match.
    Delta frozen =
        Deltas.of(Deltas.pair("a", new long[] {9}, new float[9]), Deltas.pair(1, "b", 9));
    Mask two = new PerTensorMask(new RandomMask(1, 0.75), Map.of("a", 0.5, "b", 0.0));
    SparseDelta left = new Pruning(two, Selection.ALL).prune(frozen, 1);
    assertThat(new NormMatch(NormMatch.Norm.L1).find(frozen, left, Evidence.none(), 1).scale())
        .isEqualTo(new Scale(0.25, Map.of("a", 0.5, "b", 1.0)));
  }

  @Test
  void leavesTheScaleOfUniformMasksAsItWas() {
    for (Mask mask : List.of(new RandomMask(1, 0.9), new StratifiedMask(1, 0.99, 10))) {
      SparseDelta pruned = new Pruning(mask, Selection.ALL).prune(delta(), 2);
      assertThat(pruned.scale()).isEqualTo(Scale.of(mask.keepRate()));
    }
  }
}
