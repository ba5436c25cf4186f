package io.darex.bench.select;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A way to prune that a trial measures.
 *
 * @param said what {@code darex prune} would be told, without drop rate and seed
 * @param effort how much it takes to find its q: 0 nothing, 1 a search without labels, 2 a search
 *     with labels
 */
record Candidate(Map<String, Object> said, int effort) {
  private static final int NOTHING = 0;
  private static final int SEARCH = 1;
  private static final int LABELS = 2;

  /** Seeds of the masks that q's are searched with; others than those that are scored. */
  private static final List<Long> SEARCH_SEEDS = List.of(1042L, 1043L);

  /** Copies the map. */
  Candidate {
    said = Map.copyOf(said);
  }

  /** The kind of its mask. */
  String mask() {
    return said.get("mask").toString();
  }

  /** The name of its rescale. */
  String rescale() {
    return said.get("rescale").toString();
  }

  /** Whether its q is searched with labels, which are then not to be scored by. */
  boolean usesLabels() {
    return effort == LABELS;
  }

  /** Whether its mask looks at what the entries are. */
  boolean importance() {
    return mask().equals("magnitude") || mask().equals("wanda");
  }

  /**
   * Its place among candidates that a trial cannot tell apart: the smaller the sooner.
   *
   * @param importance whether the tree of docs/METHOD.md §8 expects importance to be better
   */
  int rank(boolean importance) {
    return effort + (importance() == importance ? 0 : LABELS + 1);
  }

  /** The name of its budget, where tensors have rates of their own. */
  Optional<String> budget() {
    return Optional.ofNullable(said.get("budget")).map(Object::toString);
  }

  /** Mask, budget and rescale in a few words. */
  String name() {
    String budget = budget().map(name -> " budget " + name).orElse("");
    return mask() + budget + " " + rescale() + (said.get("qScope") == "layer" ? " layer" : "");
  }

  private Candidate withBudget(String budget) {
    Map<String, Object> more = new TreeMap<>(said);
    more.put("budget", budget);
    return new Candidate(more, effort);
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
      boolean drawn = !mask.equals("magnitude") && !mask.equals("wanda");
      all.add(of(mask, drawn ? "inverse-keep-rate" : "none", NOTHING));
      if (available.texts()) {
        if (drawn) {
          all.add(searched(mask, "q-unlabelled", "layer", SEARCH));
        }
        all.add(searched(mask, "q-unlabelled", "global", SEARCH));
      }
      if (available.labels()) {
        all.add(searched(mask, "q-labelled", "global", LABELS));
        if (drawn && available.texts() && !available.decoder()) {
          all.add(searched(mask, "q-labelled", "layer", LABELS));
        }
      }
      if (mask.equals("magnitude")) {
        // What this budget does to drawn masks was no gain, docs/RESULTS.md.
        all.stream()
            .filter(each -> each.mask().equals(mask) && each.effort() >= SEARCH)
            .map(each -> each.withBudget("variance"))
            .toList()
            .forEach(all::add);
      }
    }
    return all;
  }

  private static Candidate of(String mask, String rescale, int effort) {
    return new Candidate(Map.of("mask", mask, "rescale", rescale), effort);
  }

  private static Candidate searched(String mask, String rescale, String scope, int effort) {
    Map<String, Object> said = new TreeMap<>(Map.of("mask", mask, "rescale", rescale));
    said.put("qScope", scope);
    said.put("searchSeeds", SEARCH_SEEDS);
    return new Candidate(said, effort);
  }
}
