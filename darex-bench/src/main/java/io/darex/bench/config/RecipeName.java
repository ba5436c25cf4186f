package io.darex.bench.config;

import io.darex.prune.Selection;
import io.darex.prune.Values;
import io.darex.prune.mask.Budget;
import io.darex.prune.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What a run and its reports call a recipe. */
public final class RecipeName {
  /** The seeds that a search takes where none are named: those of a run, and its own mask's. */
  private static final Set<List<String>> UNNAMED_SEEDS =
      Set.of(
          List.of(),
          PruneConfig.SEARCH_SEEDS.stream().map(seed -> Long.toString(seed.longValue())).toList());

  /** What a rescale's name does not mention. */
  private static final Set<String> COMMON = Set.of("global", "l1");

  /** The parameters of rescales that have words of their own. */
  private static final Set<String> NAMED =
      Set.of("q", "fallback", "norm", "qScope", "searchSeeds", "tensors");

  private RecipeName() {}

  /** Mask and rescale in a few words, without drop rate and seed. */
  public static String of(Recipe recipe) {
    List<String> words = new ArrayList<>();
    if (!recipe.mask().kind().equals("random")) {
      words.add(recipe.mask().kind());
    }
    recipe
        .mask()
        .parameters()
        .forEach(
            (key, value) -> {
              if (!Set.of("seed", "dropRate").contains(key) && !value.equals("model")) {
                words.add(key + " " + value);
              }
            });
    if (recipe.budget() != Budget.UNIFORM) {
      words.add("budget " + recipe.budget());
    }
    Map<String, Object> found = recipe.rescale().parameters();
    words.add(recipe.rescale().name());
    Stream.of("q", "fallback", "norm", "qScope")
        .filter(found::containsKey)
        .map(key -> found.get(key).toString())
        .filter(value -> !COMMON.contains(value))
        .forEach(words::add);
    Object seeds = found.get("searchSeeds");
    if (seeds != null && !UNNAMED_SEEDS.contains(seeds)) {
      words.add("seeds " + seeds);
    }
    Object tensors = found.get("tensors");
    if (tensors != null) {
      words.add("file " + Names.digest(tensors.toString()));
    }
    found.forEach(
        (key, value) -> {
          if (!NAMED.contains(key)) {
            words.add(key + " " + value);
          }
        });
    if (recipe.values() != Values.F32) {
      words.add(recipe.values().name().toLowerCase(Locale.ROOT));
    }
    Selection selection = recipe.pruning().selection();
    if (!selection.equals(Selection.ENCODER)) {
      selection.parameters().forEach((key, value) -> words.add(key + " " + value));
    }
    return String.join(" ", words);
  }

  /** All that tells it from other recipes, by key; the mask's seed does not. */
  public static SortedMap<String, Object> parameters(Recipe recipe) {
    SortedMap<String, Object> parameters = new TreeMap<>(recipe.parameters());
    parameters.remove("seed");
    return parameters;
  }
}
