package io.darex.bench.select;

import io.darex.prune.Mask;
import io.darex.prune.Pruning;
import io.darex.prune.Values;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.MagnitudeMask;
import io.darex.prune.mask.Scope;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Need;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A way to prune that a trial measures.
 *
 * @param recipe at any drop rate and seed
 */
record Candidate(Recipe recipe) {
  private static final int NOTHING = 0;
  private static final int SEARCH = 1;
  private static final int LABELS = 2;

  /** Seeds of the masks that q's are searched with; others than those that are scored. */
  private static final List<Long> SEARCH_SEEDS = List.of(1042L, 1043L);

  /** How much it takes to find its q: 0 nothing, 1 a search without labels, 2 one with labels. */
  int effort() {
    return recipe.needing(Need.LABELS).isPresent()
        ? LABELS
        : recipe.rescale().needs().isEmpty() ? NOTHING : SEARCH;
  }

  /** The kind of its mask. */
  String mask() {
    return recipe.mask().kind();
  }

  /** The name of its rescale. */
  String rescale() {
    return recipe.rescale().name();
  }

  /** Whether its q is searched with labels, which are then not to be scored by. */
  boolean usesLabels() {
    return effort() == LABELS;
  }

  /** Whether its mask looks at what the entries are. */
  boolean importance() {
    return !recipe.mask().isDrawn();
  }

  /**
   * Its place among candidates that a trial cannot tell apart: the smaller the sooner.
   *
   * @param importance whether the tree of docs/METHOD.md §8 expects importance to be better
   */
  int rank(boolean importance) {
    return effort() + (importance() == importance ? 0 : LABELS + 1);
  }

  /** The name of its budget, where tensors have rates of their own. */
  Optional<String> budget() {
    return Optional.of(recipe.budget())
        .filter(budget -> budget != Budget.UNIFORM)
        .map(Budget::toString);
  }

  /** Mask, stored values and budget in a few words. */
  String family() {
    String scope = "model".equals(recipe.mask().parameters().get("scope")) ? " model" : "";
    String signs = recipe.values() == Values.SIGN ? " sign" : "";
    return mask() + scope + signs + budget().map(name -> " budget " + name).orElse("");
  }

  /** Mask, stored values, budget and rescale in a few words. */
  String name() {
    boolean layer = "layer".equals(recipe.rescale().parameters().get("qScope"));
    return family() + " " + rescale() + (layer ? " layer" : "");
  }

  private Candidate withBudget(Budget budget) {
    return new Candidate(new Recipe(recipe.pruning(), budget, recipe.rescale(), recipe.values()));
  }

  /** The largest entries of the model or of each tensor. */
  static Candidate largest(Scope scope, Values values, String rescale) {
    Recipe recipe = searched("magnitude", rescale, "global").recipe();
    Mask mask = new MagnitudeMask(recipe.mask().dropRate(), scope);
    return new Candidate(new Recipe(new Pruning(mask), Budget.UNIFORM, recipe.rescale(), values));
  }

  /** The paper's. */
  static Candidate dare() {
    return of("random", "inverse-keep-rate");
  }

  /** All there are of what is available; the simplest first. */
  static List<Candidate> all(Available available, boolean columns) {
    List<String> masks = new ArrayList<>(List.of("random", "magnitude"));
    if (available.texts()) {
      masks.add("wanda");
    }
    if (columns) {
      masks.add("columns");
    }
    List<Candidate> all = new ArrayList<>();
    for (String mask : masks) {
      boolean drawn = of(mask, "none").recipe().mask().isDrawn();
      all.add(of(mask, drawn ? "inverse-keep-rate" : "none"));
      if (available.texts()) {
        if (drawn) {
          all.add(searched(mask, "q-unlabelled", "layer"));
        }
        all.add(searched(mask, "q-unlabelled", "global"));
      }
      if (available.labels()) {
        all.add(searched(mask, "q-labelled", "global"));
        if (drawn && available.texts() && !available.decoder()) {
          all.add(searched(mask, "q-labelled", "layer"));
        }
      }
      if (mask.equals("magnitude")) {
        // What this budget does to drawn masks was no gain, docs/RESULTS.md.
        all.stream()
            .filter(each -> each.mask().equals(mask) && each.effort() >= SEARCH)
            .map(each -> each.withBudget(Budget.VARIANCE))
            .toList()
            .forEach(all::add);
      }
    }
    for (Scope scope : List.of(Scope.TENSOR, Scope.MODEL)) {
      if (available.texts()) {
        all.add(largest(scope, Values.SIGN, "q-unlabelled"));
      }
      if (available.labels()) {
        all.add(largest(scope, Values.SIGN, "q-labelled"));
      }
    }
    return all;
  }

  private static Candidate of(String mask, String rescale) {
    return new Candidate(Recipe.of(Map.of("mask", mask, "rescale", rescale, "values", "f32")));
  }

  private static Candidate searched(String mask, String rescale, String scope) {
    Map<String, Object> keys = new TreeMap<>(Map.of("mask", mask, "rescale", rescale));
    keys.put("values", "f32");
    keys.put("qScope", scope);
    keys.put("searchSeeds", SEARCH_SEEDS);
    return new Candidate(Recipe.of(keys));
  }
}
