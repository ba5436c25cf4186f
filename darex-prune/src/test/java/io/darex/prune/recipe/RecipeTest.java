package io.darex.prune.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.prune.Pruning;
import io.darex.prune.Values;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.MagnitudeMask;
import io.darex.prune.mask.Masks;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.mask.Scope;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.rescale.DotMatch;
import io.darex.prune.rescale.InverseKeepRate;
import io.darex.prune.rescale.Need;
import io.darex.prune.rescale.Rescales;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RecipeTest {
  /** Of every mask with every rescale, with the parameters that have no default. */
  private static List<Map<String, Object>> all() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (String mask : Masks.KINDS.names()) {
      for (String rescale : Rescales.KINDS.names()) {
        Map<String, Object> keys = new TreeMap<>(Map.of("mask", mask, "rescale", rescale));
        if (mask.equals("stratified")) {
          keys.put("group", 64);
        }
        if (rescale.equals("q")) {
          keys.put("q", 0.25);
        }
        all.add(keys);
      }
    }
    return all;
  }

  @Test
  void isRebuiltFromItsJson() throws IOException {
    for (Map<String, Object> keys : all()) {
      Recipe recipe = Recipe.of(keys);
      assertThat(Recipe.of(recipe.parameters())).isEqualTo(recipe);
      Map<String, Object> read =
          new ObjectMapper().readValue(recipe.json(), new TypeReference<>() {});
      assertThat(Recipe.of(read)).isEqualTo(recipe);
      assertThat(recipe.mask().isDrawn()).isEqualTo(recipe.parameters().containsKey("seed"));
    }
  }

  /** Java 17 writes it as 2.0E-3's neighbour with a digit too many; Java 19 and later do not. */
  @Test
  void writesTheShortestDecimal() {
    assertThat(Recipe.of(Map.of("q", 2.2250738585072014E-308 * 9007199254740992.0)).json())
        .contains("\"q\":2.004168360008973E-292");
    assertThat(Recipe.of(Map.of("dropRate", 2e-23)).json()).contains("\"dropRate\":2.0E-23");
  }

  @Test
  void takesDefaultsAndConventions() {
    assertThat(Recipe.of(Map.of()))
        .isEqualTo(
            new Recipe(
                new Pruning(new MagnitudeMask(0, Scope.MODEL)),
                Budget.UNIFORM,
                new DotMatch(),
                Values.SIGN,
                Optional.of(ByteSize.of("1%"))));
    Recipe magnitude = Recipe.of(Map.of("dropRate", 0.9));
    assertThat(magnitude.mask()).isEqualTo(new MagnitudeMask(0.9, Scope.MODEL));
    assertThat(magnitude.bytes()).isEmpty();
    assertThat(Recipe.of(Map.of("mask", "random", "dropRate", 0.9)))
        .isEqualTo(new Recipe(new RandomMask(42, 0.9), new InverseKeepRate()));
    assertThat(Recipe.of(Map.of("mask", "n:m", "keep", "2:4")).bytes()).isEmpty();
    assertThat(Recipe.of(Map.of("norm", "l2")).rescale().name()).isEqualTo("norm-match");
    assertThat(Recipe.of(Map.of("q", 0.5)).rescale().name()).isEqualTo("q");
    assertThat(magnitude.withDropRate(0.5).mask().dropRate()).isEqualTo(0.5);
    assertThat(magnitude.withSeed(7)).isEqualTo(magnitude);
    assertThat(Recipe.of(Map.of("values", "bf16", "budget", "variance")))
        .returns(Values.BF16, Recipe::values)
        .returns(Budget.VARIANCE, Recipe::budget);
  }

  @Test
  void saysWhatItNeeds() {
    assertThat(Recipe.of(Map.of()).needsWeightsAlone()).isTrue();
    assertThat(Recipe.of(Map.of("mask", "wanda")).needing(Need.TEXTS)).contains("mask wanda");
    assertThat(Recipe.of(Map.of("budget", "apl")).needing(Need.LABELS)).contains("budget apl");
    Recipe labelled = Recipe.of(Map.of("rescale", "q-labelled"));
    assertThat(labelled.needing(Need.LABELS)).contains("rescale q-labelled");
    assertThat(labelled.needing(Need.TEXTS)).isEmpty();
    assertThat(Recipe.of(Map.of("rescale", "q-labelled", "qScope", "layer")).needing(Need.TEXTS))
        .isEqualTo(Optional.of("rescale q-labelled"));
  }

  @Test
  void namesTheKeyThatIsWrong() {
    assertWrong(Map.of("density", 0.1), "a recipe has no parameter 'density'");
    assertWrong(Map.of("mask", "rnd"), "a recipe needs one of [");
    assertWrong(Map.of("mask", "stratified"), "mask stratified needs a parameter 'group'");
    assertWrong(
        Map.of("mask", "random", "scope", "row"),
        "mask random has no parameter 'scope'; it has [dropRate");
    assertWrong(Map.of("rescale", "none", "q", 0.5), "rescale none has no parameter 'q'");
    assertWrong(Map.of("rescale", "q"), "rescale q needs a parameter 'q'");
    assertWrong(
        Map.of("mask", "random", "seed", "1.5"),
        "mask random needs a 64-bit integer as 'seed', got 1.5");
    assertWrong(
        Map.of("mask", "n:m", "budget", "variance"), "mask n:m cannot have a drop rate for each");
  }

  private static void assertWrong(Map<String, ?> keys, String message) {
    assertThatThrownBy(() -> Recipe.of(keys))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }
}
