package io.darex.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.mask.Kept;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.tensor.FloatTensor;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The laws of docs/METHOD.md §9 that concern pruning, and what a recipe leaves alone. */
class PruningTest {
  @Property(tries = 50)
  void withTheInverseKeepRateItIsDareBitForBit(
      @ForAll long seed,
      @ForAll @IntRange(max = 70_000) int count,
      @ForAll @net.jqwik.api.constraints.Scale(6) @DoubleRange(min = 0, max = 0.999) double p) {
    FloatTensor base = Checkpoints.random(seed, "w", 0.05, count);
    FloatTensor tuned = Checkpoints.tuned(seed + 1, base, "w");
    RandomMask mask = new RandomMask(seed, p);

    float[] expected = Checkpoints.values(base);
    float keepRate = (float) (1 - p);
    for (long i : Kept.indices(mask.on("w", new long[] {count}), count)) {
      float delta = tuned.at(i) - base.at(i);
      expected[(int) i] = base.at(i) + delta / keepRate;
    }
    Checkpoint pruned =
        new Pruning(mask)
            .prune(Checkpoints.of(base), Checkpoints.of(tuned))
            .applyTo(Checkpoints.of(base));
    assertThat(Checkpoints.values(pruned.tensors().get("w"))).isEqualTo(expected);
  }

  @Property(tries = 20)
  void droppingNothingGivesTheTunedModelBack(@ForAll long seed) {
    FloatTensor base = Checkpoints.random(seed, "w", 0.05, 300, 300);
    FloatTensor tuned = Checkpoints.tuned(seed + 1, base, "w");
    SparseDelta delta =
        new Pruning(new RandomMask(seed, 0)).prune(Checkpoints.of(base), Checkpoints.of(tuned));
    assertThat(delta.scale()).isEqualTo(Scale.of(1));
    float[] restored = Checkpoints.values(delta.applyTo(Checkpoints.of(base)).tensors().get("w"));
    for (int i = 0; i < restored.length; i++) {
      // One rounding of the difference and one of the sum.
      float rounding = Math.ulp(Math.max(Math.abs(base.at(i)), Math.abs(tuned.at(i))));
      assertThat(restored[i]).isCloseTo(tuned.at(i), within(rounding));
    }
  }

  /**
   * docs/METHOD.md §2.1: E[h] = (1−(1−p)/q)·S and Var[h] = p(1−p)·Q/q² of one output's change h(q).
   */
  @Test
  void outputsChangeWithTheMeanAndVarianceOfTheTheory() {
    int inputs = 400;
    double p = 0.8;
    double q = 0.3;
    FloatTensor zero = new FloatTensor("w", new long[] {1, inputs}, new float[inputs]);
    FloatTensor step = Checkpoints.random(5, "w", 1e-2, 1, inputs);
    float[] delta = Checkpoints.values(step);
    float[] x = Checkpoints.values(Checkpoints.random(6, "x", 1, inputs));
    double sum = 0;
    double squares = 0;
    for (int j = 0; j < inputs; j++) {
      double c = (double) delta[j] * x[j];
      sum += c;
      squares += c * c;
    }
    int draws = 20_000;
    double mean = 0;
    double meanSquare = 0;
    for (int draw = 0; draw < draws; draw++) {
      Tensor pruned =
          new Pruning(new RandomMask(draw, p))
              .prune(Checkpoints.of(zero), Checkpoints.of(step))
              .withScale(Scale.of(q))
              .applyTo(Checkpoints.of(zero))
              .tensors()
              .get("w");
      float[] values = Checkpoints.values(pruned);
      double h = sum;
      for (int j = 0; j < inputs; j++) {
        h -= (double) values[j] * x[j];
      }
      mean += h / draws;
      meanSquare += h * h / draws;
    }
    double variance = p * (1 - p) * squares / (q * q);
    // Five standard errors of a mean, and of a variance of a nearly normal quantity.
    assertThat(mean).isCloseTo((1 - (1 - p) / q) * sum, within(5 * Math.sqrt(variance / draws)));
    assertThat(meanSquare - mean * mean)
        .isCloseTo(variance, within(5 * variance * Math.sqrt(2.0 / draws)));
  }

  @Test
  void threadsMakeNoDifference() {
    Tensor[] base = new Tensor[30];
    Tensor[] tuned = new Tensor[30];
    SplittableRandom random = new SplittableRandom(8);
    for (int i = 0; i < base.length; i++) {
      String name = "layer." + i;
      base[i] = Checkpoints.random(i, name, 0.05, i % 7 == 0 ? 0 : random.nextInt(1, 200_000));
      tuned[i] = Checkpoints.tuned(100 + i, base[i], name);
    }
    Pruning pruning = new Pruning(new RandomMask(1, 0.9));
    Delta delta = pruning.delta(Checkpoints.of(base), Checkpoints.of(tuned));
    SparseDelta one = pruning.prune(delta, 1);
    for (int threads : new int[] {2, 8}) {
      SparseDelta many = pruning.prune(delta, threads);
      assertThat(many.kept().keySet()).isEqualTo(one.kept().keySet());
      one.kept()
          .forEach(
              (name, kept) -> assertThat(entries(many.kept().get(name))).isEqualTo(entries(kept)));
    }
    assertThat(one.kept().get("layer.1").kept()).isPositive();
  }

  @Test
  void leavesTheTaskHeadAloneAndPrunesAllElse() {
    Tensor head = Checkpoints.random(1, "classifier.weight", 1, 2, 4);
    Tensor embeddings = Checkpoints.random(2, "embeddings.word_embeddings.weight", 1, 9, 4);
    Tensor norm = Checkpoints.random(3, "encoder.layer.0.output.LayerNorm.weight", 1, 4);
    Checkpoint both = Checkpoints.of(head, embeddings, norm);
    SparseDelta delta = new Pruning(new RandomMask(0, 0.5)).prune(both, both);
    assertThat(delta.whole()).containsOnlyKeys("classifier.weight");
    assertThat(delta.kept())
        .containsOnlyKeys(
            "embeddings.word_embeddings.weight", "encoder.layer.0.output.LayerNorm.weight");
  }

  @Test
  void namesTheFirstBadValueWhateverTheThreads() {
    float[] bad = new float[200_000];
    bad[70_001] = Float.NaN;
    bad[199_999] = Float.POSITIVE_INFINITY;
    FloatTensor broken = new FloatTensor("w", new long[] {bad.length}, bad);
    FloatTensor fine = new FloatTensor("w", new long[] {bad.length}, new float[bad.length]);
    Pruning pruning = new Pruning(new RandomMask(0, 0));
    for (int threads : new int[] {1, 2, 8}) {
      Delta tunedBroken = pruning.delta(Checkpoints.of(fine), Checkpoints.of(broken));
      assertThatThrownBy(() -> pruning.prune(tunedBroken, threads))
          .isInstanceOf(NonFiniteException.class)
          .hasMessage(
              "tensor w of the tuned model, element 70001: expected a finite number, got NaN; a"
                  + " tensor that is excluded is carried as it is");
    }
    Delta baseBroken = pruning.delta(Checkpoints.of(broken), Checkpoints.of(fine));
    assertThatThrownBy(() -> pruning.prune(baseBroken, 1))
        .hasMessageContaining("w of the base, element 70001");
  }

  @Test
  void refusesADifferenceThatOverflows() {
    FloatTensor low = new FloatTensor("w", new long[] {1}, new float[] {-Float.MAX_VALUE});
    FloatTensor high = new FloatTensor("w", new long[] {1}, new float[] {Float.MAX_VALUE});
    assertThatThrownBy(
            () ->
                new Pruning(new RandomMask(0, 0)).prune(Checkpoints.of(low), Checkpoints.of(high)))
        .hasMessageContaining("tuned minus base, element 0");
  }

  private static String entries(KeptTensor kept) {
    StringBuilder text = new StringBuilder();
    kept.forEach((index, value) -> text.append(index).append('=').append(value).append(' '));
    return text.toString();
  }
}
