package io.darex.bench.config;

import io.darex.prune.parameter.Range;
import io.darex.prune.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How deltas are pruned: the {@code prune} section, or several of them, whose combinations add up.
 * Every list is an axis.
 *
 * @param methods at least one
 */
public record PruneConfig(List<Method> methods) {
  /** Mask seeds of the cells. */
  private static final List<Double> SEEDS = List.of(0.0, 1.0, 2.0, 3.0);

  /** Masks a searched q is scored on, apart from those of the cells. */
  static final List<Double> SEARCH_SEEDS = List.of(100.0, 101.0);

  private static final Map<String, List<?>> DEFAULTS =
      Map.of("mask", List.of("magnitude"), "searchSeeds", List.of(SEARCH_SEEDS));

  /**
   * One way to prune, once for each of some mask seeds.
   *
   * @param recipe but for the seed
   * @param seeds one cell each; a single one where the mask is not drawn
   */
  public record Method(Recipe recipe, List<Long> seeds) {
    /** Copies the list. */
    public Method {
      seeds = List.copyOf(seeds);
    }
  }

  /** Copies the list. */
  public PruneConfig {
    methods = List.copyOf(methods);
  }

  static PruneConfig from(List<Section> sections) {
    List<Method> methods = new ArrayList<>();
    for (Section section : sections) {
      List<Recipe> recipes = RecipeReader.grid(section, DEFAULTS);
      List<Long> seeds =
          section.numbers("seeds", SEEDS, Range.SEED).stream().map(Double::longValue).toList();
      section.end();
      for (Recipe recipe : recipes) {
        methods.add(new Method(recipe, recipe.mask().isDrawn() ? seeds : seeds.subList(0, 1)));
      }
    }
    return new PruneConfig(methods);
  }
}
