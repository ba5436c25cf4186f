package io.darex.bench.config;

import io.darex.bench.console.BadInputException;
import io.darex.prune.parameter.Parameter;
import io.darex.prune.parameter.Range;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.recipe.RecipeKeys;
import io.darex.prune.recipe.RecipeKeys.RecipeKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Reads recipes from YAML, under the keys that {@link RecipeKeys} has. Two of them differ: the q's
 * of tensors are in a file that {@code qFile} names, and {@code calibration} names one of texts.
 */
public final class RecipeReader {
  /** Names a file of q's, which takes the place of the two keys of the same rescale. */
  public static final String Q_FILE = "qFile";

  private static final String CALIBRATION = "calibration";
  private static final String SEED = "seed";
  private static final String BYTES = "bytes";
  private static final String DROP_RATE = "dropRate";
  private static final String FALLBACK = "fallback";
  private static final String TENSORS = "tensors";

  /** More than anybody waits for; each of them is pruned and scored. */
  private static final int MOST = 100_000;

  /** A grid goes through the values of the last key fastest, and of the drop rate slowest. */
  private static final List<RecipeKey> KEYS =
      RecipeKeys.ALL.stream()
          .filter(key -> !Set.of(FALLBACK, SEED).contains(key.name()))
          .sorted(Comparator.comparing(key -> !Set.of(DROP_RATE, BYTES).contains(key.name())))
          .toList();

  private RecipeReader() {}

  /**
   * What a file says.
   *
   * @param keys by key, among them {@link #Q_FILE}
   * @param calibration the file of texts; null where none is named
   */
  public record FromFile(Map<String, Object> keys, Path calibration) {}

  /**
   * Reads one file, in which no key has several values. The files it names lie beside it, unless
   * their paths are absolute.
   *
   * @throws BadInputException naming file, line, what was expected and what came
   */
  public static FromFile read(Path file) {
    Section section = Section.read(file);
    Map<String, Object> said = new TreeMap<>();
    for (RecipeKey key : KEYS) {
      List<?> values = values(section, key);
      if (values.size() > 1) {
        throw section.bad(name(key), "one value: lists are for darex run");
      }
      values.forEach(value -> said.put(name(key), value));
    }
    if (section.has(SEED)) {
      said.put(SEED, section.whole(SEED, 0, Range.SEED));
    }
    Path calibration = null;
    if (section.has(CALIBRATION)) {
      String texts = section.quoted(CALIBRATION, "the name of a text file");
      calibration = section.beside(CALIBRATION, texts);
    }
    section.end();
    return new FromFile(said, calibration);
  }

  /**
   * Reads a section in which every key may have several values, for every combination of them. What
   * says nothing of a combination's mask and rescale is left out of it.
   *
   * @param section whose other keys are the caller's
   * @param defaults values of keys the section does not have
   * @return one recipe a combination, each once
   * @throws BadInputException naming file, line, what was expected and what came
   */
  static List<Recipe> grid(Section section, Map<String, List<?>> defaults) {
    List<Map<String, Object>> combinations = List.of(Map.of());
    if (section.has(BYTES) && section.has(DROP_RATE)) {
      throw section.bad(BYTES, "either " + BYTES + " or " + DROP_RATE + ", not both");
    }
    for (RecipeKey key : KEYS) {
      if (key.name().equals(DROP_RATE) && section.has(BYTES)) {
        continue;
      }
      List<?> values = values(section, key);
      combinations =
          product(
              section,
              combinations,
              name(key),
              values.isEmpty() ? defaults.getOrDefault(name(key), List.of()) : values);
    }
    Map<String, Recipe> recipes = new LinkedHashMap<>();
    Set<String> used = new TreeSet<>();
    for (Map<String, Object> combination : combinations) {
      String mask = combination.get("mask").toString();
      String rescale = rescale(combination);
      Map<String, Object> said = new TreeMap<>(combination);
      for (RecipeKey key : KEYS) {
        if (!key.concerns(mask, rescale)) {
          said.remove(name(key));
        }
      }
      used.addAll(said.keySet());
      if (rescale.equals("q") && !said.containsKey("q") && !said.containsKey(Q_FILE)) {
        throw section.bad("rescale", "a key 'q' beside the rescale q, which divides by it");
      }
      Recipe recipe = of(said);
      recipes.putIfAbsent(recipe.parameters().toString(), recipe);
    }
    for (RecipeKey key : KEYS) {
      if (section.has(name(key)) && !used.contains(name(key))) {
        throw section.bad(
            name(key), key.what() + " " + String.join(", ", key.owners()) + " beside this key");
      }
    }
    return List.copyOf(recipes.values());
  }

  /**
   * The name of the rescale that {@link Recipe#of} takes.
   *
   * @throws BadInputException as {@link Recipe#rescale}
   */
  public static String rescale(Map<String, ?> said) {
    try {
      return Recipe.rescale(said);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage(), e);
    }
  }

  private static List<Map<String, Object>> product(
      Section section, List<Map<String, Object>> combinations, String key, List<?> values) {
    if (values.isEmpty()) {
      return combinations;
    }
    if ((long) combinations.size() * values.size() > MOST) {
      throw section.bad(key, "lists of at most " + MOST + " combinations");
    }
    List<Map<String, Object>> product = new ArrayList<>();
    for (Map<String, Object> combination : combinations) {
      for (Object value : values) {
        Map<String, Object> longer = new TreeMap<>(combination);
        longer.put(key, value);
        product.add(longer);
      }
    }
    return product;
  }

  private static String name(RecipeKey key) {
    return key.name().equals(TENSORS) ? Q_FILE : key.name();
  }

  /** The values of a key, none if it is absent. */
  private static List<?> values(Section section, RecipeKey key) {
    String name = name(key);
    if (!section.has(name)) {
      return List.of();
    }
    Parameter.Type<?> type = key.parameter().type();
    if (type instanceof Parameter.Decimal number) {
      return section.numbers(name, List.of(), number.range());
    } else if (type instanceof Parameter.Whole whole) {
      return section.numbers(name, List.of(), whole.range());
    } else if (type instanceof Parameter.Choice<?> choice) {
      return section.names(name, List.of(), choice.choices().keySet());
    } else if (type instanceof Parameter.Seeds) {
      return List.of(section.numbers(name, List.of(), Range.SEED));
    } else if (type instanceof Parameter.Texts texts) {
      return List.of(section.quoted(name, texts.words(), List.of()));
    } else if (type instanceof Parameter.Bytes) {
      return section.sizes(name);
    } else if (type instanceof Parameter.Numbers) {
      return section.quoted(name, "the name of a YAML or JSON file", List.of()).stream()
          .map(file -> section.beside(name, file).toString())
          .toList();
    }
    return section.quoted(name, type.words(), List.of());
  }

  /**
   * Makes a recipe.
   *
   * @param said by key, among them {@link #Q_FILE}
   * @throws BadInputException if keys or values do not go together
   */
  public static Recipe of(Map<String, ?> said) {
    Map<String, Object> keys = new HashMap<>(said);
    for (RecipeKey key : KEYS) {
      Object value = keys.get(key.name());
      if (value != null && key.parameter().type() instanceof Parameter.Choice<?> choice) {
        Set<String> valid = choice.choices().keySet();
        if (key.owners().isEmpty() && !valid.contains(value.toString())) {
          throw new BadInputException(Names.unknown(key.name(), value.toString(), valid));
        }
      }
    }
    try {
      Object file = keys.remove(Q_FILE);
      if (file != null) {
        putAll(keys, Path.of(file.toString()));
      }
      return Recipe.of(keys);
    } catch (BadInputException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage(), e);
    }
  }

  /** Puts the q's of a file; its fallback is the share that is kept. */
  private static void putAll(Map<String, Object> keys, Path file) {
    if (keys.containsKey("q")) {
      throw new BadInputException("expected either q or a file of q's, got both");
    }
    Object named = keys.putIfAbsent("rescale", "q");
    if (named != null && !named.equals("q")) {
      throw new BadInputException("expected rescale q beside a file of q's, got " + named);
    }
    Map<String, Object> bare = new HashMap<>(keys);
    bare.put("q", 1.0);
    Recipe recipe = Recipe.of(bare);
    double kept = recipe.mask().keepRate();
    Section section = Section.read(file);
    if (recipe.bytes().isPresent() && !section.has(FALLBACK)) {
      throw section.bad(FALLBACK, "a fallback, as the share that is kept is found for the size");
    }
    keys.put(FALLBACK, section.number(FALLBACK, kept, Range.Q));
    keys.put(TENSORS, section.numbersByName(TENSORS, Range.Q));
    section.end();
  }
}
