package io.darex.bench.select;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.config.RecipeReader;
import io.darex.prune.Scale;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.FixedQ;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written is read back to the last bit. */
class RecipeTextTest {
  @TempDir private Path folder;

  @Test
  void qOfTensors() throws IOException {
    Scale scale =
        new Scale(1e-5 / 3, Map.of("bert.encoder.layer.0.output.dense.weight", .1 + .2, "w", 1e-7));
    Recipe recipe = recipe("mask: random, dropRate: 0.999, seed: 42, values: f32", scale);
    RecipeText text = RecipeText.of(recipe, scale, "encoder", "unused");
    assertThat(text.hasQFile()).isTrue();
    assertThat(read(text)).isEqualTo(recipe);
  }

  /** They are whatever a file calls its tensors. */
  @Test
  void namesOfTensorsAreWrittenSoThatYamlReadsThem() throws IOException {
    Map<String, Double> odd =
        Map.of("a\nb: \"c\\\t#\u001b\u2028\ufeff", .5, "\ud83d\ude00 é", .25, "no", .125, "~", .75);
    Scale scale = new Scale(.1, odd);
    Recipe recipe = recipe("mask: random, dropRate: 0.9, values: f32", scale);
    RecipeText text = RecipeText.of(recipe, scale, "encoder", "unused");
    assertThat(read(text).rescale()).isEqualTo(new FixedQ(scale));
    assertThat(text.qYaml().lines()).hasSize(6);
  }

  @Test
  void oneQAndTheRescalesThatNeedNone() throws IOException {
    Scale scale = Scale.of(Math.sqrt(.001));
    Recipe recipe = recipe("mask: random, dropRate: 0.99, values: bf16, preset: decoder", scale);
    RecipeText one = RecipeText.of(recipe, scale, "decoder", "unused");
    assertThat(one.hasQFile()).isFalse();
    assertThat(read(one)).isEqualTo(recipe);
    Recipe dare = keys("mask: random, dropRate: 0.99, seed: 7, values: f32, rescale: none");
    assertThat(read(RecipeText.of(dare, Scale.of(1), "encoder", "unused"))).isEqualTo(dare);
  }

  @Test
  void aSizeAndABudget() throws IOException {
    Scale scale = Scale.of(.0125);
    Recipe signs = recipe("mask: magnitude, scope: model, values: sign, bytes: 305KB", scale);
    RecipeText text = RecipeText.of(signs, scale, "encoder", "");
    assertThat(read(text)).isEqualTo(signs);
    assertThat(text.yaml(""))
        .isEqualTo(
            "mask: magnitude\nscope: model\nvalues: sign\nbytes: 305KB\nrescale: q\nq: 0.0125\n");
    Recipe budget = recipe("mask: magnitude, values: f32, bytes: 1MB, budget: variance", scale);
    assertThat(read(RecipeText.of(budget, scale, "encoder", ""))).isEqualTo(budget);
  }

  @Test
  void wandaNamesItsTexts() {
    Recipe wanda = keys("mask: wanda, dropRate: 0.5, values: f32, rescale: none");
    assertThat(RecipeText.of(wanda, Scale.of(1), "encoder", "a \"b\".txt").yaml(""))
        .isEqualTo(
            """
            mask: wanda
            values: f32
            dropRate: 0.5
            calibration: "a \\"b\\".txt"
            rescale: none
            """);
  }

  private static Recipe recipe(String keys, Scale scale) {
    Recipe recipe = keys(keys + ", rescale: none");
    return new Recipe(
        recipe.pruning(), recipe.budget(), new FixedQ(scale), recipe.values(), recipe.bytes());
  }

  private static Recipe keys(String keys) {
    Map<String, Object> said = new TreeMap<>();
    for (String each : keys.split(", ", -1)) {
      said.put(each.split(": ", -1)[0], each.split(": ", -1)[1]);
    }
    return Recipe.of(said);
  }

  private Recipe read(RecipeText recipe) throws IOException {
    Path file = folder.resolve("recipe.yml");
    Path qFile = folder.resolve("q.yml");
    Files.writeString(qFile, recipe.qYaml());
    Files.writeString(file, recipe.yaml(qFile.toString()));
    return RecipeReader.of(RecipeReader.read(file).keys());
  }
}
