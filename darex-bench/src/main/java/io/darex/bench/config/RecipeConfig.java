package io.darex.bench.config;

import io.darex.bench.BadInputException;
import io.darex.prune.DType;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.checkpoint.PruneJob;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.Mask;
import io.darex.prune.mask.Masks;
import io.darex.prune.rescale.Rescale;
import io.darex.prune.rescale.Rescales;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How {@code darex prune} prunes one pair: a file of configs/prune, the command's options, or both,
 * under the same keys; options come first.
 *
 * @param pruning mask and selection
 * @param budget how the mask's drop rate is spread over the tensors
 * @param rescale how q is found
 * @param values how kept values are stored
 */
public record RecipeConfig(Pruning pruning, Budget budget, Rescale rescale, DType values) {
  private static final double DROP_RATE = 0.99;
  private static final long SEED = 42;

  /** The seeds that a search takes where none are named: those of a run, and its own mask's. */
  private static final Set<List<String>> UNNAMED_SEEDS = Set.of(List.of(), List.of("100", "101"));

  /** More than anybody waits for; each of them is pruned and scored. */
  private static final int MOST = 100_000;

  /** What a rescale's name does not mention. */
  private static final Set<String> COMMON = Set.of("global", "l1");

  private static final Pattern KEEP = Pattern.compile("(\\d{1,9}):(\\d{1,9})");

  /**
   * Reads one file, in which no key has several values.
   *
   * @return what it says, by key; the files it names lie beside it, unless their paths are
   *     absolute, and are named here as the program opens them
   * @throws BadInputException naming file, line, what was expected and what came
   */
  public static Map<String, Object> read(Path file) {
    Section section = Section.read(file);
    Map<String, Object> said = new TreeMap<>();
    for (RecipeKey key : RecipeKey.ALL) {
      List<?> values = key.read(section);
      if (values.size() > 1) {
        throw section.bad(key.name(), "one value: lists are for darex run");
      }
      values.forEach(value -> said.put(key.name(), value));
    }
    if (section.has("calibration")) {
      String texts = section.quoted("calibration", "the name of a text file");
      said.put("calibration", section.beside("calibration", texts).toString());
    }
    if (section.has("seed")) {
      said.put("seed", section.whole("seed", 0, RecipeKey.SEED));
    }
    section.end();
    return said;
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
  static List<RecipeConfig> grid(Section section, Map<String, List<?>> defaults) {
    List<Map<String, Object>> combinations = List.of(Map.of());
    for (RecipeKey key : RecipeKey.ALL) {
      List<?> values = key.read(section);
      combinations =
          product(
              section,
              combinations,
              key.name(),
              values.isEmpty() ? defaults.getOrDefault(key.name(), List.of()) : values);
    }
    Map<String, RecipeConfig> recipes = new LinkedHashMap<>();
    Set<String> used = new TreeSet<>();
    for (Map<String, Object> combination : combinations) {
      String mask = combination.get("mask").toString();
      String rescale = combination.get("rescale").toString();
      Map<String, Object> said = new TreeMap<>();
      for (RecipeKey key : RecipeKey.ALL) {
        if (combination.containsKey(key.name()) && key.concerns(mask, rescale)) {
          said.put(key.name(), combination.get(key.name()));
        }
      }
      used.addAll(said.keySet());
      if (rescale.equals("q") && !said.containsKey("q") && !said.containsKey("qFile")) {
        throw section.bad("rescale", "a key 'q' beside the rescale q, which divides by it");
      }
      RecipeConfig recipe = of(said);
      recipes.putIfAbsent(recipe.parameters().toString(), recipe);
    }
    for (RecipeKey key : RecipeKey.ALL) {
      if (section.has(key.name()) && !used.contains(key.name())) {
        throw section.bad(key.name(), key.words() + " beside the key '" + key.name() + "'");
      }
    }
    return List.copyOf(recipes.values());
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

  /** The same recipe with its mask drawn from another seed. */
  public RecipeConfig withSeed(long seed) {
    Pruning drawn = new Pruning(pruning.mask().withSeed(seed), pruning.selection());
    return new RecipeConfig(drawn, budget, rescale, values);
  }

  /**
   * The recipe of a pruning job, which looks at nothing but the weights and takes digests.
   *
   * @param tool name and version of the program, for the record
   */
  public PruneJob.Recipe job(String tool) {
    return new PruneJob.Recipe(pruning, budget, rescale, values, Optional.empty(), true, tool);
  }

  /** Whether the mask is drawn, and so differs from seed to seed. */
  public boolean isDrawn() {
    return pruning.mask().parameters().containsKey("seed");
  }

  /** What of it needs labelled texts, in words. */
  public Optional<String> needsLabels() {
    if (budget.needsImportance()) {
      return Optional.of("budget " + budget);
    }
    return Optional.of("rescale " + rescale.name()).filter(name -> name.endsWith("q-labelled"));
  }

  /** What of it needs texts, with or without labels, in words. */
  public Optional<String> needsTexts() {
    if (pruning.mask().needsInputs()) {
      return Optional.of("mask " + pruning.mask().kind());
    }
    return Optional.of("rescale " + rescale.name()).filter(name -> rescale.name().startsWith("q-"));
  }

  /** What tells it from other recipes, the mask's seed aside. */
  public Map<String, Object> parameters() {
    Map<String, Object> mask = new TreeMap<>(pruning.mask().parameters());
    mask.remove("seed");
    mask.put("kind", pruning.mask().kind());
    Map<String, Object> found = new TreeMap<>(rescale.parameters());
    found.put("name", rescale.name());
    Map<String, Object> parameters = new TreeMap<>();
    parameters.put("mask", mask);
    parameters.put("budget", budget.toString());
    parameters.put("rescale", found);
    parameters.put("values", values.name().toLowerCase(Locale.ROOT));
    parameters.put("selection", pruning.selection().parameters());
    return parameters;
  }

  /** Mask and rescale in a few words, without drop rate and seed. */
  public String name() {
    List<String> words = new ArrayList<>();
    if (!pruning.mask().kind().equals("random")) {
      words.add(pruning.mask().kind());
    }
    pruning
        .mask()
        .parameters()
        .forEach(
            (key, value) -> {
              if (!Set.of("seed", "dropRate").contains(key) && !value.equals("tensor")) {
                words.add(key + " " + value);
              }
            });
    if (budget != Budget.UNIFORM) {
      words.add("budget " + budget);
    }
    words.add(rescale.name());
    Stream.of("q", "fallback", "norm", "scope")
        .filter(rescale.parameters()::containsKey)
        .map(key -> rescale.parameters().get(key).toString())
        .filter(value -> !COMMON.contains(value))
        .forEach(words::add);
    others(words);
    if (values != DType.F32) {
      words.add(values.name().toLowerCase(Locale.ROOT));
    }
    if (!pruning.selection().equals(Selection.ENCODER)) {
      pruning.selection().parameters().forEach((key, value) -> words.add(key + " " + value));
    }
    return String.join(" ", words);
  }

  /** What tells recipes apart that differ in the masks they search on or in their file of q's. */
  private void others(List<String> words) {
    Object seeds = rescale.parameters().get("seeds");
    if (seeds != null && !UNNAMED_SEEDS.contains(seeds)) {
      words.add("seeds " + seeds);
    }
    Object tensors = rescale.parameters().get("tensors");
    if (tensors != null) {
      words.add("file " + Names.digest(tensors.toString()));
    }
  }

  /**
   * Makes the recipe.
   *
   * @param said what options and file say, by key
   * @throws BadInputException if these do not go together
   */
  public static RecipeConfig of(Map<String, ?> said) {
    Map<String, Object> left = new HashMap<>(said);
    try {
      Mask mask = mask(left);
      Budget budget = budget(mask, left.getOrDefault("budget", "uniform").toString());
      Rescale rescale = rescale(mask, left);
      Selection selection =
          new Selection(
              preset(left.getOrDefault("preset", "encoder").toString()),
              texts(left.get("only")),
              texts(left.get("exclude")));
      String values = left.getOrDefault("values", "f32").toString();
      requireOneOf("values", values, RecipeKey.VALUES);
      return new RecipeConfig(
          new Pruning(mask, selection),
          budget,
          rescale,
          DType.valueOf(values.toUpperCase(Locale.ROOT)));
    } catch (BadInputException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage(), e);
    }
  }

  private static Mask mask(Map<String, Object> said) {
    String kind = said.getOrDefault("mask", "random").toString();
    requireOneOf("mask", kind, Masks.kinds());
    Map<String, Object> parameters = taken(said, "dropRate", "seed", "scope", "group");
    if (said.containsKey("keep")) {
      Matcher keep = KEEP.matcher(said.get("keep").toString());
      if (!keep.matches()) {
        throw new BadInputException(
            "keep: expected n:m, such as 2:4, got "
                + BadInputException.quote("" + said.get("keep")));
      }
      parameters.put("n", keep.group(1));
      parameters.put("m", keep.group(2));
    }
    // An n:m mask's rate follows from n and m.
    Map<String, Object> defaults =
        kind.equals("n:m") ? Map.of() : Map.of("dropRate", DROP_RATE, "seed", SEED);
    return Masks.create(kind, parameters, defaults);
  }

  private static Budget budget(Mask mask, String name) {
    requireOneOf("budget", name, RecipeKey.BUDGETS);
    Budget budget = Budget.valueOf(name.toUpperCase(Locale.ROOT));
    budget.requireFits(mask);
    return budget;
  }

  private static Rescale rescale(Mask mask, Map<String, Object> said) {
    Map<String, Object> parameters = taken(said, "q", "norm");
    if (said.containsKey("qScope")) {
      parameters.put("scope", said.get("qScope"));
    }
    if (said.containsKey("searchSeeds")) {
      parameters.put(
          "seeds",
          ((List<?>) said.get("searchSeeds"))
              .stream().map(seed -> Long.toString(((Number) seed).longValue())).toList());
    }
    Object file = said.get("qFile");
    if (file != null) {
      if (parameters.containsKey("q")) {
        throw new BadInputException("expected either q or a file of q's, got both");
      }
      Section section = Section.read(Path.of(file.toString()));
      parameters.put("fallback", section.number("fallback", mask.keepRate(), Range.Q));
      parameters.put("tensors", section.numbersByName("tensors", Range.Q));
      section.end();
    }
    String name = said.getOrDefault("rescale", conventional(mask, parameters)).toString();
    requireOneOf("rescale", name, Rescales.names());
    return Rescales.create(name, parameters);
  }

  /**
   * What is meant where no rescale is named: the one whose parameter is given; else DARE's for
   * masks that are drawn, and none for those that choose by size (docs/METHOD.md §5.1).
   */
  private static String conventional(Mask mask, Map<String, Object> parameters) {
    if (parameters.containsKey("q") || parameters.containsKey("tensors")) {
      return "q";
    }
    if (parameters.containsKey("norm")) {
      return "norm-match";
    }
    return mask.parameters().containsKey("seed") ? "inverse-keep-rate" : "none";
  }

  private static Selection.Preset preset(String name) {
    requireOneOf("preset", name, RecipeKey.PRESETS);
    return Selection.Preset.valueOf(name.toUpperCase(Locale.ROOT));
  }

  private static Map<String, Object> taken(Map<String, Object> said, String... keys) {
    Map<String, Object> taken = new HashMap<>();
    for (String key : keys) {
      if (said.containsKey(key)) {
        taken.put(key, said.get(key));
      }
    }
    return taken;
  }

  private static void requireOneOf(String kind, String name, Collection<String> valid) {
    if (!valid.contains(name)) {
      throw new BadInputException(Names.unknown(kind, name, valid));
    }
  }

  private static List<String> texts(Object list) {
    List<String> texts = new ArrayList<>();
    if (list instanceof Collection<?> items) {
      items.forEach(item -> texts.add(item.toString()));
    }
    return texts;
  }
}
