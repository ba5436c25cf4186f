package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.KeptTensor;
import io.darex.prune.LayerInput;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.mask.Mask;
import io.darex.prune.mask.Masks;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class QLeastSquaresTest implements RescaleContract {
  private static final QLeastSquares GLOBAL = new QLeastSquares(Scope.GLOBAL);
  private static final QLeastSquares LAYER = new QLeastSquares(Scope.LAYER);
  private static final Outputs NONE = new ToyOutputs(Checkpoints.of(), List.of(), 0);

  @Override
  public Rescale rescale() {
    return LAYER;
  }

  @Property
  void hasTheLeastErrorOfAGridWithThatMask(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 2047) int bits) {
    TinyModel model = new TinyModel(seed);
    SparseDelta pruned = model.pruned(TinyModel.uniform(0.7), bits);
    Scale each = LAYER.find(model.delta, pruned, model.evidence(NONE), 2).scale();
    Scale pooled = GLOBAL.find(model.delta, pruned, model.evidence(NONE), 2).scale();
    double a = model.errorOfA(model.applied(bits, each));
    double b = model.errorOfB(model.applied(bits, each));
    Map<String, double[]> applied = model.applied(bits, pooled);
    double both = model.errorOfA(applied) + model.errorOfB(applied);
    for (int i = 0; i <= 70; i++) {
      Map<String, double[]> other = model.applied(bits, Scale.of(Math.min(1, 0.3 + i / 100.0)));
      assertThat(a).isLessThanOrEqualTo(model.errorOfA(other) * (1 + 1e-6) + 1e-12);
      assertThat(b).isLessThanOrEqualTo(model.errorOfB(other) * (1 + 1e-6) + 1e-12);
      assertThat(both)
          .isLessThanOrEqualTo(
              (model.errorOfA(other) + model.errorOfB(other)) * (1 + 1e-6) + 1e-12);
    }
  }

  /** Masks that choose, and divisors, against dense products of what applying adds. */
  @Test
  void takesEveryMaskAsItIs() {
    Delta delta = RescaleContract.delta();
    LayerInput input = RescaleContract.input(8, 500);
    for (Mask mask :
        List.of(
            Masks.create("magnitude", Map.of("dropRate", 0.95)),
            Masks.create("della", Map.of("seed", 1, "dropRate", 0.9, "epsilon", 0.1)))) {
      SparseDelta pruned = new Pruning(mask).prune(delta, 2);
      double[] kept = dense(pruned.kept().get("a.weight"), 150_000);
      double[] keptBias = dense(pruned.kept().get("a.bias"), 300);
      double inner = 0;
      double squares = 0;
      for (int row = 0; row < 300; row++) {
        // The bias is column 500, whose input is 1.
        for (int i = 0; i <= 500; i++) {
          double k = i < 500 ? kept[row * 500 + i] : keptBias[row];
          for (int j = 0; k != 0 && j <= 500; j++) {
            double moment = moment(input, i, j);
            inner +=
                k
                    * moment
                    * delta
                        .pairs()
                        .get(j < 500 ? "a.weight" : "a.bias")
                        .at(j < 500 ? row * 500 + j : row);
            squares += k * moment * (j < 500 ? kept[row * 500 + j] : keptBias[row]);
          }
        }
      }
      double expected = Math.max(mask.keepRate(), Math.min(1, squares / inner));
      for (QLeastSquares rescale : List.of(GLOBAL, LAYER)) {
        assertThat(rescale.find(delta, pruned, RescaleContract.evidence(), 2).scale().q("a.weight"))
            .as(mask.kind())
            .isCloseTo(expected, within(1e-7));
      }
    }
  }

  private static double moment(LayerInput input, int i, int j) {
    if (i < 500 && j < 500) {
      return input.product(i, j);
    }
    return (i < 500 ? input.mean(i) : 1) * (j < 500 ? input.mean(j) : 1);
  }

  private static double[] dense(KeptTensor kept, int count) {
    double[] dense = new double[count];
    kept.forEachScaled(
        1,
        (start, offsets, values) -> {
          for (int i = 0; i < offsets.length; i++) {
            dense[(int) start + offsets[i]] = values[i];
          }
        });
    return dense;
  }

  @Test
  void isDareWhereNothingIsKeptAndOneWhereEverythingIs() {
    TinyModel model = new TinyModel(4);
    SparseDelta none = model.pruned(TinyModel.uniform(0.9), 0);
    assertThat(GLOBAL.find(model.delta, none, model.evidence(NONE), 1).scale())
        .isEqualTo(Scale.of(1 - 0.9));
    SparseDelta all = model.pruned(TinyModel.uniform(0), 2047);
    assertThat(GLOBAL.find(model.delta, all, model.evidence(NONE), 1).scale())
        .isEqualTo(Scale.of(1));
  }
}
