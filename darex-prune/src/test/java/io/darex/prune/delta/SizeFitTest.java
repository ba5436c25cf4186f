package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.SparseDelta;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.safetensors.SafetensorsWriter;
import io.darex.prune.safetensors.Seal;
import io.darex.prune.tensor.FloatTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SizeFitTest {
  private static final int TENSORS = 12;

  @TempDir private Path folder;

  @BeforeEach
  void makePair() throws IOException {
    write("base.safetensors", 0);
    write("tuned.safetensors", 1e-3);
  }

  private void write(String file, double change) throws IOException {
    SplittableRandom base = new SplittableRandom(1);
    SplittableRandom tuned = new SplittableRandom(2);
    List<FloatTensor> tensors = new ArrayList<>();
    for (int t = 0; t < TENSORS; t++) {
      float[] values = new float[200 * 300];
      for (int i = 0; i < values.length; i++) {
        double delta = tuned.nextInt(3) == 0 ? 0 : tuned.nextGaussian() * change * (t + 1);
        values[i] = (float) (base.nextGaussian() + delta);
      }
      tensors.add(new FloatTensor("layer." + t + ".weight", new long[] {200, 300}, values));
    }
    Path path = folder.resolve(file);
    SafetensorsWriter.write(path, tensors, Map.of(), WriteOptions.defaults(), Seal.NONE);
  }

  /** The file is no larger than asked for, and nearly as large. */
  @ParameterizedTest
  @CsvSource({
    "magnitude, sign, none, uniform, 10KB",
    "magnitude, sign, norm-match, uniform, 40KB",
    "magnitude, sign, none, variance, 40KB",
    "magnitude, bf16, none, uniform, 40KB",
    "magnitude, f32, norm-match, variance, 3%",
    "random, f32, inverse-keep-rate, uniform, 40KB",
    "columns, f32, inverse-keep-rate, uniform, 100KB",
  })
  void fitsAndFills(String mask, String values, String rescale, String budget, String bytes)
      throws IOException {
    Map<String, Object> keys =
        Map.of(
            "mask", mask, "values", values, "rescale", rescale, "budget", budget, "bytes", bytes);
    Recipe recipe = Recipe.of(keys);
    assertThat(recipe.parameters()).containsEntry("bytes", bytes).doesNotContainKey("dropRate");
    long limit = recipe.bytes().orElseThrow().bytes(4L * TENSORS * 200 * 300);
    Path one = prune(recipe, "one", 1);
    Path two = prune(recipe, "two", 2);
    assertThat(Files.size(one)).isLessThanOrEqualTo(limit);
    // Columns come in steps of 200 entries; q's of tensors may need less room than was left.
    long slack = mask.equals("columns") ? 12 * 200 * 4 + limit / 1000 : limit / 50;
    assertThat(Files.size(one)).isGreaterThan(limit - slack);
    assertThat(two).hasSameBinaryContentAs(one);
    SparseDelta read = SparseDeltaFile.read(one);
    assertThat(read.provenance().job()).contains("\"bytes\":\"" + bytes + "\"");
    // The same drop rate gives the same mask without a search.
    if (budget.equals("uniform")) {
      Recipe plain = recipe.withDropRate(read.mask().dropRate());
      assertThat(SparseDeltaFile.read(prune(plain, "plain", 1)).kept().get("layer.3.weight").kept())
          .isEqualTo(read.kept().get("layer.3.weight").kept());
    }
  }

  @Test
  void keepsAllThatFits() throws IOException {
    Recipe recipe = Recipe.of(Map.of("mask", "magnitude", "bytes", "1GB", "rescale", "none"));
    assertThat(SparseDeltaFile.read(prune(recipe, "all", 1)).mask().dropRate()).isZero();
  }

  @Test
  void saysWhatASmallerFileWouldHaveToHold() {
    Recipe recipe = Recipe.of(Map.of("mask", "magnitude", "bytes", "500", "rescale", "none"));
    assertThatThrownBy(() -> prune(recipe, "small", 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching(
            "expected at least \\d+ B for this pair \\(header and table \\d+ B\\), got 500" + " B");
    assertThat(folder.resolve("small")).doesNotExist();
  }

  @Test
  void sizesOfMasksWithoutADropRateAreRefused() {
    assertThatThrownBy(() -> Recipe.of(Map.of("mask", "n:m", "keep", "2:4", "bytes", "40KB")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected a mask with a dropRate, got n:m");
    assertThatThrownBy(() -> Recipe.of(Map.of("bytes", "40KB", "dropRate", 0.9)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected either bytes or dropRate, got both");
  }

  private Path prune(Recipe recipe, String name, int threads) throws IOException {
    Path out = folder.resolve(name);
    PruneJob.open(folder.resolve("base.safetensors"), folder.resolve("tuned.safetensors"), recipe)
        .run(out, WriteOptions.defaults().withThreads(threads));
    return out;
  }
}
