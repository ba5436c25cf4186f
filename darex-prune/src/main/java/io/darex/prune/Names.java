package io.darex.prune;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which tensor of a base belongs to which tuned one: the same name, or else one that differs in
 * nothing but
 *
 * <ul>
 *   <li>a leading model prefix on one side: {@code BertModel} saves {@code encoder.layer.0…},
 *       {@code BertForSequenceClassification} saves {@code bert.encoder.layer.0…};
 *   <li>the last component: old checkpoints call a LayerNorm's {@code weight} and {@code bias}
 *       {@code gamma} and {@code beta}.
 * </ul>
 *
 * A base tensor that has a tuned namesake is never given to another. docs/FORMAT.md §2 states the
 * same rule for readers of a sparse delta.
 */
public final class Names {
  private static final List<String> PREFIXES =
      List.of("albert.", "bert.", "deberta.", "distilbert.", "electra.", "roberta.");

  private static final Map<String, String> LEGACY = Map.of("gamma", "weight", "beta", "bias");

  private final Set<String> tuned;
  private final Set<String> base;
  private final Map<String, Set<String>> byStem = new TreeMap<>();

  /**
   * Compares all names of two checkpoints.
   *
   * @param tuned every name of the tuned checkpoint, or of a sparse delta
   * @param base every name of the base
   */
  public Names(Set<String> tuned, Set<String> base) {
    this.tuned = tuned;
    this.base = base;
    for (String name : base) {
      byStem.computeIfAbsent(stem(name), stem -> new TreeSet<>()).add(name);
    }
  }

  /** The base names that a tuned name may mean, in order; more than one is for nobody to choose. */
  public List<String> candidates(String name) {
    if (base.contains(name)) {
      return List.of(name);
    }
    String prefix = prefix(name);
    List<String> candidates = new ArrayList<>();
    for (String other : byStem.getOrDefault(stem(name), Set.of())) {
      // BERT's tensors fit ELECTRA's in name and shape, but are not their base.
      boolean samePrefix = prefix.isEmpty() || prefix(other).isEmpty() || other.startsWith(prefix);
      if (samePrefix && !tuned.contains(other)) {
        candidates.add(other);
      }
    }
    return candidates;
  }

  /**
   * The base name of every wanted tuned name that has one.
   *
   * @param problems takes a sentence for every name that has several candidates, and for every base
   *     name that several want; those are not in the answer
   */
  public SortedMap<String, String> match(Collection<String> wanted, List<String> problems) {
    SortedMap<String, String> matches = new TreeMap<>();
    SortedMap<String, List<String>> takers = new TreeMap<>();
    for (String name : wanted) {
      List<String> candidates = candidates(name);
      if (candidates.size() > 1) {
        problems.add(
            "tensor " + name + ": " + String.join(" and ", candidates) + " of the base both match");
      } else if (!candidates.isEmpty()) {
        matches.put(name, candidates.get(0));
        takers.computeIfAbsent(candidates.get(0), key -> new ArrayList<>()).add(name);
      }
    }
    takers.forEach(
        (name, several) -> {
          if (several.size() > 1) {
            problems.add(
                "tensor "
                    + name
                    + " of the base: "
                    + String.join(" and ", several)
                    + " both match");
            matches.keySet().removeAll(several);
          }
        });
    return matches;
  }

  private static String prefix(String name) {
    return PREFIXES.stream().filter(name::startsWith).findFirst().orElse("");
  }

  private static String stem(String name) {
    String bare = name.substring(prefix(name).length());
    String last = bare.substring(bare.lastIndexOf('.') + 1);
    return bare.substring(0, bare.length() - last.length()) + LEGACY.getOrDefault(last, last);
  }
}
