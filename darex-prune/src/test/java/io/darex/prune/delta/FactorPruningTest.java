package io.darex.prune.delta;

import static io.darex.prune.Checkpoints.values;
import static io.darex.prune.folder.Adapters.CONFIG;
import static io.darex.prune.folder.Adapters.MODEL;
import static io.darex.prune.folder.Adapters.QUERY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoints;
import io.darex.prune.DType;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.Adapters;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.MagnitudeMask;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.mask.Scope;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.FixedQ;
import io.darex.prune.rescale.InverseKeepRate;
import io.darex.prune.rescale.Rescale;
import io.darex.prune.rescale.Unscaled;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.ConvertedTensor;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters whose factors are pruned, and what is unbiased about them. */
class FactorPruningTest {
  private static final int RANK = 4;
  private static final int SIDE = 60;
  private static final String KEY_A = MODEL + QUERY + ".lora_A.weight";
  private static final String KEY_B = MODEL + QUERY + ".lora_B.weight";

  @TempDir private Path folder;
  private Path adapter;

  @BeforeEach
  void write() throws IOException {
    adapter =
        Adapters.write(
            folder.resolve("adapter"),
            CONFIG.replace("\"r\": 2", "\"r\": " + RANK),
            Adapters.a(QUERY, RANK, SIDE),
            ConvertedTensor.of(Adapters.b(QUERY, SIDE, RANK), DType.BF16),
            Adapters.named("classifier.weight", Checkpoints.random(5, "", 1, 3, SIDE)));
  }

  private static Recipe random(long seed, double dropRate, Rescale rescale) {
    return new Recipe(new RandomMask(seed, dropRate), rescale);
  }

  private FactorPruning.Outcome prune(Recipe a, Recipe b, Path out, int threads)
      throws IOException {
    return FactorPruning.open(adapter, a, b)
        .run(out, WriteOptions.defaults().withThreads(threads).withForce(true));
  }

  private static SortedMap<String, Tensor> tensors(Path folder) throws IOException {
    return Safetensors.open(folder.resolve("adapter_model.safetensors")).tensors();
  }

  @Test
  void keptEntriesAreDividedByTheirFactorsOwnQAndTheOthersAreZero() throws IOException {
    Path out = folder.resolve("out");

    FactorPruning.Outcome outcome =
        prune(random(1, 0.5, new FixedQ(0.25)), random(2, 0.75, new InverseKeepRate()), out, 1);

    SortedMap<String, Tensor> before = tensors(adapter);
    SortedMap<String, Tensor> after = tensors(out);
    assertThat(after).containsOnlyKeys(before.keySet());
    long nonZeros = 0;
    for (String key : new String[] {KEY_A, KEY_B}) {
      float[] from = values(before.get(key));
      float[] to = values(after.get(key));
      int kept = 0;
      for (int i = 0; i < to.length; i++) {
        // Powers of two, so that not even BF16 rounds.
        assertThat(to[i]).isIn(0f, from[i] / 0.25f);
        kept += to[i] == 0 ? 0 : 1;
      }
      double rate = key.equals(KEY_A) ? 0.5 : 0.25;
      double deviation = Math.sqrt(to.length * rate * (1 - rate));
      assertThat((double) kept).isCloseTo(to.length * rate, within(6 * deviation));
      assertThat(after.get(key).dtype()).isEqualTo(before.get(key).dtype());
      nonZeros += kept;
    }
    assertThat(outcome.nonZeros()).isEqualTo(nonZeros);
    assertThat(outcome.entries()).isEqualTo(2L * RANK * SIDE);
    assertThat(outcome.unbiased()).isEqualTo(0.125);
    assertThat(outcome.qA().q(KEY_A) * outcome.qB().q(KEY_B)).isEqualTo(0.0625);
    assertThat(values(after.get(MODEL + "classifier.weight")))
        .containsExactly(values(before.get(MODEL + "classifier.weight")));
    assertThat(out.resolve("adapter_config.json"))
        .hasSameBinaryContentAs(adapter.resolve("adapter_config.json"));
    assertThat(Safetensors.open(out.resolve("adapter_model.safetensors")).metadata())
        .containsEntry("format", "pt")
        .hasEntrySatisfying("darex.job", job -> assertThat(job).contains("\"dropRate\":0.75"));
  }

  /** docs/METHOD.md §7: the mean of B̂·Â over masks is B·A where q_A·q_B = (1−p_A)·(1−p_B). */
  @Test
  void theProductOfInverseKeepRatesIsUnbiased() throws IOException {
    double[] mean = new double[SIDE * SIDE];
    double[] squares = new double[SIDE * SIDE];
    int masks = 60;
    Path out = folder.resolve("out");
    for (int seed = 0; seed < masks; seed++) {
      prune(
          random(seed, 0.5, new InverseKeepRate()),
          random(seed, 0.25, new InverseKeepRate()),
          out,
          1);
      double[] product = product(tensors(out));
      for (int i = 0; i < product.length; i++) {
        mean[i] += product[i] / masks;
        squares[i] += product[i] * product[i] / masks;
      }
    }
    double[] whole = product(tensors(adapter));
    double error = 0;
    double size = 0;
    double chance = 0;
    for (int i = 0; i < whole.length; i++) {
      error += (mean[i] - whole[i]) * (mean[i] - whole[i]);
      size += whole[i] * whole[i];
      chance += (squares[i] - mean[i] * mean[i]) / masks;
    }
    // What chance leaves of the mean, and no more: a wrong q would be off by the product itself.
    assertThat(error).isLessThan(2 * chance);
    assertThat(chance).isLessThan(0.06 * size);
  }

  private static double[] product(SortedMap<String, Tensor> tensors) {
    float[] a = values(tensors.get(KEY_A));
    float[] b = values(tensors.get(KEY_B));
    double[] product = new double[SIDE * SIDE];
    for (int i = 0; i < product.length; i++) {
      for (int k = 0; k < RANK; k++) {
        product[i] += (double) b[i / SIDE * RANK + k] * a[k * SIDE + i % SIDE];
      }
    }
    return product;
  }

  @Test
  void sameInputSameBytesOnAnyNumberOfThreads() throws IOException {
    Recipe recipe = random(3, 0.9, new InverseKeepRate());
    prune(recipe, recipe, folder.resolve("one"), 1);
    prune(recipe, recipe, folder.resolve("four"), 4);

    assertThat(folder.resolve("four/adapter_model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("one/adapter_model.safetensors"));
  }

  @Test
  void aMaskThatChoosesBySizeKeepsTheLargest() throws IOException {
    Path out = folder.resolve("out");
    Recipe magnitude = new Recipe(new MagnitudeMask(0.9, Scope.TENSOR), new Unscaled());

    prune(magnitude, magnitude, out, 2);

    float[] from = values(tensors(adapter).get(KEY_A));
    float[] to = values(tensors(out).get(KEY_A));
    double smallestKept = Double.MAX_VALUE;
    double largestDropped = 0;
    int kept = 0;
    for (int i = 0; i < to.length; i++) {
      double size = Math.abs(from[i]);
      if (to[i] != 0) {
        kept++;
        smallestKept = Math.min(smallestKept, size);
      } else {
        largestDropped = Math.max(largestDropped, size);
      }
    }
    assertThat(kept).isEqualTo(RANK * SIDE / 10);
    assertThat(smallestKept).isGreaterThanOrEqualTo(largestDropped);
  }

  @Test
  void badInputLeavesNothing() throws IOException {
    Recipe recipe = random(3, 0.9, new InverseKeepRate());
    Path out = Files.createDirectory(folder.resolve("there"));
    assertThatThrownBy(
            () -> FactorPruning.open(adapter, recipe, recipe).run(out, WriteOptions.defaults()))
        .isInstanceOf(FileAlreadyExistsException.class);
    Selection typo = new Selection(Selection.Preset.ALL, List.of("*.keys.*"), List.of());
    Recipe none =
        new Recipe(
            new Pruning(new RandomMask(1, 0.5), typo),
            Budget.UNIFORM,
            new InverseKeepRate(),
            Values.F32);
    assertThatThrownBy(() -> FactorPruning.open(adapter, none, recipe))
        .hasMessageContaining("only pattern '*.keys.*' matches no tensor");
  }
}
