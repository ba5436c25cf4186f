package io.darex.bench.config;

import io.darex.prune.mask.Budget;
import io.darex.prune.mask.Masks;
import io.darex.prune.rescale.Rescales;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A key of a recipe.
 *
 * @param name in YAML
 * @param reader reads its values; where one is wanted there must be one
 * @param owners the masks or rescales it says something of; empty where it says something of all
 */
record RecipeKey(String name, Reader reader, Set<String> owners) {
  /** The presets of docs/METHOD.md §1.2, {@code all} for neither. */
  static final List<String> PRESETS = List.of("all", "encoder", "decoder");

  /** How kept values can be stored. */
  static final List<String> VALUES = List.of("f32", "bf16", "f16");

  /** How a drop rate is spread over tensors. */
  static final List<String> BUDGETS = Stream.of(Budget.values()).map(Budget::toString).toList();

  private static final List<String> SCOPES = List.of("tensor", "row", "model");
  private static final List<String> Q_SCOPES = List.of("global", "layer");
  private static final List<String> NORMS = List.of("l1", "l2");
  private static final Range GROUP = Range.whole(1, 1 << 16);
  private static final String PATTERNS = "a name or pattern, or a list of them";

  /** Whole numbers that a double holds. */
  static final Range SEED = Range.whole(-(1L << 53), 1L << 53);

  private static final Set<String> SEARCHED = Set.of("q-labelled", "q-unlabelled");

  /** All of them; a grid goes through the values of the last key fastest. */
  static final List<RecipeKey> ALL =
      List.of(
          ofAll("dropRate", (s, key) -> s.numbers(key, List.of(), Range.SHARE)),
          ofAll("mask", (s, key) -> s.names(key, List.of(), Masks.kinds())),
          of("scope", (s, key) -> s.names(key, List.of(), SCOPES), "magnitude"),
          of("group", (s, key) -> s.numbers(key, List.of(), GROUP), "stratified"),
          of("keep", (s, key) -> s.quoted(key, "n:m in quotes, such as \"2:4\"", List.of()), "n:m"),
          ofAll("budget", (s, key) -> s.names(key, List.of(), BUDGETS)),
          ofAll("rescale", (s, key) -> s.names(key, List.of(), Rescales.names())),
          of("q", (s, key) -> s.numbers(key, List.of(), Range.Q), "q"),
          of("qFile", RecipeKey::files, "q"),
          of("norm", (s, key) -> s.names(key, List.of(), NORMS), "norm-match"),
          new RecipeKey("qScope", (s, key) -> s.names(key, List.of(), Q_SCOPES), SEARCHED),
          new RecipeKey(
              "searchSeeds", (s, key) -> List.of(s.numbers(key, List.of(), SEED)), SEARCHED),
          ofAll("values", (s, key) -> s.names(key, List.of(), VALUES)),
          ofAll("only", (s, key) -> List.of(s.quoted(key, PATTERNS, List.of()))),
          ofAll("exclude", (s, key) -> List.of(s.quoted(key, PATTERNS, List.of()))),
          ofAll("preset", (s, key) -> s.names(key, List.of(), PRESETS)));

  /** Reads the values of a key that is there. */
  interface Reader {
    List<?> read(Section section, String key);
  }

  /** Paths, as the program opens them. */
  private static List<String> files(Section section, String key) {
    return section.quoted(key, "the name of a YAML or JSON file", List.of()).stream()
        .map(file -> section.beside(key, file).toString())
        .toList();
  }

  private static RecipeKey ofAll(String name, Reader reader) {
    return new RecipeKey(name, reader, Set.of());
  }

  private static RecipeKey of(String name, Reader reader, String owner) {
    return new RecipeKey(name, reader, Set.of(owner));
  }

  /** Its values, none if it is absent. */
  List<?> read(Section section) {
    return section.has(name) ? reader.read(section, name) : List.of();
  }

  /** Whether it says anything of that mask with that rescale. */
  boolean concerns(String mask, String rescale) {
    return owners.isEmpty() || owners.contains(mask) || owners.contains(rescale);
  }

  /** Its owners, for a message. */
  String words() {
    return String.join(", ", owners.stream().sorted().toList()).toLowerCase(Locale.ROOT);
  }
}
