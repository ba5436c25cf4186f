package io.darex.bench.config;

import io.darex.bench.BadInputException;
import io.darex.prune.DType;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.Mask;
import io.darex.prune.mask.Masks;
import io.darex.prune.rescale.Rescale;
import io.darex.prune.rescale.Rescales;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How {@code darex prune} prunes one pair: a file of configs/prune, the command's options, or both,
 * under the same keys; options come first.
 *
 * @param pruning mask and selection
 * @param budget how the mask's drop rate is spread over the tensors
 * @param rescale how q is found; one that needs nothing but the weights
 * @param values how kept values are stored
 * @param calibration a file of text, for masks and budgets that look at what the model makes of it;
 *     there whenever one of the two needs it
 */
public record RecipeConfig(
    Pruning pruning, Budget budget, Rescale rescale, DType values, Optional<Path> calibration) {
  /** The presets of METHOD.md §3, {@code all} for neither. */
  public static final List<String> PRESETS = words(Selection.Preset.values());

  /** How a drop rate is spread over tensors. */
  public static final List<String> BUDGETS = words(Budget.values());

  /** How kept values can be stored. */
  public static final List<String> VALUES = List.of("f32", "bf16", "f16");

  private static final List<String> SCOPES = List.of("tensor", "row", "model");
  private static final List<String> NORMS = List.of("l1", "l2");
  private static final double DROP_RATE = 0.99;
  private static final long SEED = 42;
  private static final long LARGEST = 1L << 53;
  private static final Pattern KEEP = Pattern.compile("(\\d{1,9}):(\\d{1,9})");
  private static final String NAMES = "a name or pattern, or a list of them";

  /** The names of the rescales that need no encoder and no data. */
  public static List<String> rescales() {
    return Rescales.names().stream().filter(name -> !isSearched(name)).toList();
  }

  /**
   * Reads one file.
   *
   * @return what it says, by key
   * @throws BadInputException naming file, line, what was expected and what came
   */
  public static Map<String, Object> read(Path file) {
    Section section = Section.read(file);
    Map<String, Object> said = new TreeMap<>();
    put(said, section, "mask", key -> section.name(key, null, Masks.kinds()));
    put(said, section, "dropRate", key -> section.number(key, 0, Range.SHARE));
    put(said, section, "seed", key -> section.whole(key, 0, Range.whole(-LARGEST, LARGEST)));
    put(said, section, "scope", key -> section.name(key, null, SCOPES));
    put(said, section, "group", key -> section.whole(key, 0, Range.whole(1, 1 << 16)));
    put(said, section, "keep", key -> section.quoted(key, "n:m in quotes, such as \"2:4\""));
    put(said, section, "epsilon", key -> section.number(key, 0, Range.SHARE));
    put(said, section, "budget", key -> section.name(key, null, BUDGETS));
    put(said, section, "calibration", key -> section.quoted(key, "the name of a text file"));
    put(said, section, "rescale", key -> section.name(key, null, Rescales.names()));
    put(said, section, "q", key -> section.number(key, 1, Range.Q));
    put(said, section, "qFile", key -> section.quoted(key, "the name of a YAML or JSON file"));
    put(said, section, "norm", key -> section.name(key, null, NORMS));
    put(said, section, "values", key -> section.name(key, null, VALUES));
    put(said, section, "only", key -> section.quoted(key, NAMES, List.of()));
    put(said, section, "exclude", key -> section.quoted(key, NAMES, List.of()));
    put(said, section, "preset", key -> section.name(key, null, PRESETS));
    section.end();
    return said;
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
      requireOneOf("values", values, VALUES);
      Optional<Path> calibration =
          Optional.ofNullable(left.get("calibration")).map(file -> Path.of(file.toString()));
      if (calibration.isEmpty()) {
        requireNone(mask.needsInputs(), "mask " + mask.kind());
        requireNone(budget.needsImportance(), "budget " + budget);
      }
      return new RecipeConfig(
          new Pruning(mask, selection),
          budget,
          rescale,
          DType.valueOf(values.toUpperCase(Locale.ROOT)),
          calibration);
    } catch (BadInputException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage(), e);
    }
  }

  private static Mask mask(Map<String, Object> said) {
    String kind = said.getOrDefault("mask", "random").toString();
    requireOneOf("mask", kind, Masks.kinds());
    Map<String, Object> parameters = taken(said, "dropRate", "seed", "scope", "group", "epsilon");
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
    requireOneOf("budget", name, BUDGETS);
    Budget budget = Budget.valueOf(name.toUpperCase(Locale.ROOT));
    budget.requireFits(mask);
    return budget;
  }

  private static void requireNone(boolean needsText, String what) {
    if (needsText) {
      throw new BadInputException(
          what + " needs calibration text: expected --calibration FILE, got none");
    }
  }

  private static Rescale rescale(Mask mask, Map<String, Object> said) {
    Map<String, Object> parameters = taken(said, "q", "norm");
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
    if (isSearched(name)) {
      throw new BadInputException(
          "rescale "
              + name
              + " needs an encoder and data, which darex run has; expected one of "
              + String.join(", ", rescales()));
    }
    return Rescales.create(name, parameters);
  }

  /**
   * What is meant where no rescale is named: the one whose parameter is given; else DARE's for
   * masks that are drawn, and none for those that choose by size (METHOD.md §5).
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

  private static boolean isSearched(String rescale) {
    return rescale.startsWith("q-");
  }

  private static Selection.Preset preset(String name) {
    requireOneOf("preset", name, PRESETS);
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

  private static List<String> words(Object[] constants) {
    return List.of(constants).stream().map(Object::toString).toList();
  }

  /** Reads the value of a key. */
  private interface Reader {
    Object read(String key);
  }

  private static void put(Map<String, Object> said, Section section, String key, Reader reader) {
    if (section.has(key)) {
      said.put(key, reader.read(key));
    }
  }
}
