package io.darex.prune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * Which tensor of a base belongs to which tuned one: the same name, or else one that differs in
 * nothing but
 *
 * <ul>
 *   <li>what wraps a model and is no part of its own names: {@code module.} of data parallelism,
 *       {@code _orig_mod.} of torch.compile, {@code model.} and {@code 0.auto_model.} of libraries
 *       that hold a model in a field, in any number;
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
      List.of("albert.", "bert.", "deberta.", "distilbert.", "electra.", "mpnet.", "roberta.");

  /** Leading; the same wrapper may come again, and around others. */
  private static final List<String> WRAPPERS =
      List.of("module.", "model.", "0.auto_model.", "auto_model.");

  /** Components that torch puts in anywhere, around any module. */
  private static final Set<String> WRAPPED =
      Set.of("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module");

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
      boolean samePrefix =
          prefix.isEmpty() || prefix(other).isEmpty() || prefix(other).equals(prefix);
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

  /**
   * Tuned names that have no base tensor and differ from one in leading components alone, of which
   * nothing is known: by the tuned name, the base's. Such tensors are hardly new ones.
   *
   * @param unmatched tuned names without a base tensor
   * @param left base names that no tuned one has taken
   */
  public static SortedMap<String, String> lookAlikes(
      Collection<String> unmatched, Collection<String> left) {
    SortedMap<String, String> found = new TreeMap<>();
    suffixes(unmatched, left, (tuned, base) -> found.put(tuned, base));
    suffixes(left, unmatched, (base, tuned) -> found.putIfAbsent(tuned, base));
    return found;
  }

  /** Pairs of a longer name and the one that it ends in. */
  private static void suffixes(
      Collection<String> longer, Collection<String> shorter, BiConsumer<String, String> pair) {
    Map<String, String> byStem = new HashMap<>();
    shorter.forEach(name -> byStem.put(stem(name), name));
    for (String name : longer) {
      String rest = stem(name);
      while (rest.indexOf('.') >= 0) {
        rest = rest.substring(rest.indexOf('.') + 1);
        if (byStem.containsKey(rest)) {
          pair.accept(name, byStem.get(rest));
          break;
        }
      }
    }
  }

  private static String prefix(String name) {
    String bare = unwrapped(name);
    return PREFIXES.stream().filter(bare::startsWith).findFirst().orElse("");
  }

  /** A name without what wraps the whole model. */
  static String unwrapped(String name) {
    String bare =
        Arrays.stream(name.split("\\.", -1))
            .filter(component -> !WRAPPED.contains(component))
            .collect(Collectors.joining("."));
    Optional<String> wrapper = WRAPPERS.stream().filter(bare::startsWith).findFirst();
    while (wrapper.isPresent()) {
      bare = bare.substring(wrapper.get().length());
      wrapper = WRAPPERS.stream().filter(bare::startsWith).findFirst();
    }
    return bare;
  }

  /** What is left of a name without all that may differ. */
  static String stem(String name) {
    String bare = unwrapped(name).substring(prefix(name).length());
    String last = bare.substring(bare.lastIndexOf('.') + 1);
    return bare.substring(0, bare.length() - last.length()) + LEGACY.getOrDefault(last, last);
  }
}
