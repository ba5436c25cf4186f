package io.darex.bench.select;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.config.RecipeReader;
import io.darex.prune.Scale;
import io.darex.prune.mask.Budget;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.FixedQ;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written is read back to the last bit. */
class RecipeTextTest {
  private static final Candidate SEARCHED = Means.candidate("random", "q-unlabelled");

  @TempDir private Path folder;

  @Test
  void qOfTensors() throws IOException {
    Scale scale =
        new Scale(1e-5 / 3, Map.of("bert.encoder.layer.0.output.dense.weight", .1 + .2, "w", 1e-7));
    RecipeText recipe = RecipeText.of(SEARCHED, .999, scale, true, 42, "encoder", "unused");
    assertThat(recipe.hasQFile()).isTrue();
    Recipe read = read(recipe);
    assertThat(read.rescale()).isEqualTo(new FixedQ(scale));
    assertThat(read.pruning().mask().kind()).isEqualTo("random");
    assertThat(read.pruning().mask().dropRate()).isEqualTo(.999);
    assertThat(read.pruning().mask().parameters()).containsEntry("seed", "42");
  }

  /** They are whatever a file calls its tensors. */
  @Test
  void namesOfTensorsAreWrittenSoThatYamlReadsThem() throws IOException {
    Map<String, Double> odd =
        Map.of("a\nb: \"c\\\t#\u001b\u2028\ufeff", .5, "\ud83d\ude00 é", .25, "no", .125, "~", .75);
    Scale scale = new Scale(.1, odd);
    RecipeText recipe = RecipeText.of(SEARCHED, .9, scale, true, 42, "encoder", "unused");
    assertThat(read(recipe).rescale()).isEqualTo(new FixedQ(scale));
    assertThat(recipe.qYaml().lines()).hasSize(6);
  }

  @Test
  void oneQAndTheRescalesThatNeedNone() throws IOException {
    Scale scale = Scale.of(Math.sqrt(.001));
    RecipeText one = RecipeText.of(SEARCHED, .99, scale, true, 42, "decoder", "unused");
    assertThat(one.hasQFile()).isFalse();
    assertThat(read(one).rescale()).isEqualTo(new FixedQ(scale));
    assertThat(read(one).pruning().selection().preset()).hasToString("decoder");
    Candidate dare = Means.candidate("random", "inverse-keep-rate");
    RecipeText none = RecipeText.of(dare, .99, Scale.of(.01), true, 7, "encoder", "unused");
    assertThat(read(none).rescale().name()).isEqualTo("inverse-keep-rate");
  }

  @Test
  void aBudgetIsPartOfNameAndRecipe() throws IOException {
    Candidate candidate =
        Candidate.all(new Available(true, true, false, false), false).stream()
            .filter(each -> each.budget().isPresent())
            .filter(Candidate::usesLabels)
            .findFirst()
            .orElseThrow();
    assertThat(candidate.name()).isEqualTo("magnitude budget variance q-labelled");
    RecipeText recipe = RecipeText.of(candidate, .99, Scale.of(.1), false, 42, "encoder", "");
    assertThat(read(recipe).budget()).isEqualTo(Budget.VARIANCE);
    assertThat(read(recipe).pruning().mask().kind()).isEqualTo("magnitude");
  }

  @Test
  void wandaNamesItsTexts() {
    Candidate wanda = Means.candidate("wanda", "none");
    assertThat(RecipeText.of(wanda, .5, Scale.of(1), false, 42, "encoder", "a \"b\".txt").yaml(""))
        .isEqualTo("mask: wanda\ndropRate: 0.5\ncalibration: \"a \\\"b\\\".txt\"\nrescale: none\n");
  }

  private Recipe read(RecipeText recipe) throws IOException {
    Path file = folder.resolve("recipe.yml");
    Path qFile = folder.resolve("q.yml");
    Files.writeString(qFile, recipe.qYaml());
    Files.writeString(file, recipe.yaml(qFile.toString()));
    return RecipeReader.of(RecipeReader.read(file).keys());
  }
}
