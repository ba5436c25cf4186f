package io.darex.bench.select;

import io.darex.prune.Values;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Need;
import io.darex.prune.rescale.SearchedQ;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  /** How often texts pass through the model at most: once to be scored, and for its search. */
  int passes() {
    return recipe.rescale() instanceof SearchedQ searched
        ? 1 + searched.evaluations(recipe.mask())
        : 1;
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

  /** Mask and stored values in a few words. */
  String family() {
    String signs = recipe.values() == Values.SIGN ? " sign" : "";
    return mask() + signs;
  }

  /** Mask, stored values and rescale in a few words. */
  String name() {
    boolean layer = "layer".equals(recipe.rescale().parameters().get("qScope"));
    return family() + " " + rescale() + (layer ? " layer" : "");
  }

  /** Signs of the largest entries of the model. */
  private static Candidate signs(String rescale) {
    return new Candidate(Recipe.of(Map.of("rescale", rescale)));
  }

  /** The paper's. */
  static Candidate dare() {
    return of("random", "inverse-keep-rate");
  }

  /** All there are of what is available; the simplest first. */
  static List<Candidate> all(Available available, boolean columns) {
    List<Candidate> all = new ArrayList<>(drawn("random", available));
    all.add(signs("dot-match"));
    if (available.texts()) {
      all.add(signs("q-unlabelled"));
      all.add(searched("magnitude", "q-unlabelled", "global"));
      all.add(of("wanda", "none"));
      all.add(searched("wanda", "q-unlabelled", "global"));
    }
    if (available.labels()) {
      all.add(signs("q-labelled"));
      all.add(searched("magnitude", "q-labelled", "global"));
      all.add(searched("wanda", "q-labelled", "global"));
    }
    if (columns) {
      all.addAll(drawn("columns", available));
    }
    return all;
  }

  private static List<Candidate> drawn(String mask, Available available) {
    List<Candidate> all = new ArrayList<>();
    all.add(of(mask, "inverse-keep-rate"));
    if (available.texts()) {
      all.add(searched(mask, "q-unlabelled", "layer"));
      all.add(searched(mask, "q-unlabelled", "global"));
    }
    if (available.labels()) {
      all.add(searched(mask, "q-labelled", "global"));
      if (available.texts() && !available.decoder()) {
        all.add(searched(mask, "q-labelled", "layer"));
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
