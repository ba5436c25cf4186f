package io.darex.prune.recipe;

import io.darex.prune.Mask;
import io.darex.prune.Selection;
import io.darex.prune.Values;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.Masks;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.parameter.Kind;
import io.darex.prune.parameter.Kinds;
import io.darex.prune.parameter.Parameter;
import io.darex.prune.parameter.Parameters;
import io.darex.prune.rescale.Rescale;
import io.darex.prune.rescale.Rescales;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The keys of a recipe: in YAML, in JSON, and on the command line, where {@code dropRate} is {@code
 * --drop-rate}. Those of masks and rescales are the ones these declare.
 */
public final class RecipeKeys {
  /** Which entries stay. */
  public static final Parameter<Kind<Mask>> MASK =
      Parameter.of(
          "mask",
          "which entries stay",
          new Parameter.Choice<>(Masks.KINDS.all()),
          Masks.KINDS.get("magnitude"));

  /** By which q kept entries are divided. */
  public static final Parameter<Kind<Rescale>> RESCALE =
      Parameter.required(
          "rescale",
          "by which q kept entries are divided (default: inverse-keep-rate for masks that may"
              + " keep zeros, dot-match for others)",
          new Parameter.Choice<>(Rescales.KINDS.all()));

  static final Parameter<ByteSize> BYTES =
      Parameter.required(
          "bytes",
          "how large the file may be, such as 400KB, or a share of the fine-tuned checkpoint such"
              + " as 1%, the default without a drop rate",
          new Parameter.Bytes());

  static final Parameter<Budget> BUDGET =
      Parameter.of(
          "budget",
          "how the drop rate is spread over tensors",
          Parameter.Choice.of(Budget.class),
          Budget.UNIFORM);

  static final Parameter<Values> VALUES =
      Parameter.required(
          "values",
          "how kept values are stored (default: sign, one bit each; f32 for masks that may keep"
              + " zeros)",
          Parameter.Choice.of(Values.class));

  static final Parameter<Selection.Preset> PRESET =
      Parameter.of(
          "preset",
          "what is pruned at most: everything, all but classifier.*, or only mlp and self_attn",
          Parameter.Choice.of(Selection.Preset.class),
          Selection.Preset.ENCODER);

  static final Parameter<List<String>> ONLY =
      Parameter.of(
          "only", "prune these tensors only; * stands for any characters", patterns(), List.of());

  static final Parameter<List<String>> EXCLUDE =
      Parameter.of("exclude", "carry these tensors whole", patterns(), List.of());

  /** All of them, those of a mask or rescale behind the key that names it. */
  public static final List<RecipeKey> ALL = all();

  private RecipeKeys() {}

  /**
   * A key.
   *
   * @param parameter which values it takes
   * @param what {@code mask} or {@code rescale}, whatever its owners are; empty without owners
   * @param owners the masks or rescales it says something of; empty where it says something of all
   */
  public record RecipeKey(Parameter<?> parameter, String what, Set<String> owners) {
    /** Its name. */
    public String name() {
      return parameter.key();
    }

    /** Whether it says anything of that mask with that rescale. */
    public boolean concerns(String mask, String rescale) {
      return owners.isEmpty() || owners.contains(mask) || owners.contains(rescale);
    }
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static Parameter.Texts patterns() {
    return new Parameter.Texts("a name or pattern, or a list of them");
  }

  private static List<RecipeKey> all() {
    List<RecipeKey> all = new ArrayList<>();
    all.add(of(MASK));
    all.addAll(of(Masks.KINDS));
    all.add(of(BYTES));
    all.add(of(BUDGET));
    all.add(of(RESCALE));
    all.addAll(of(Rescales.KINDS));
    List.of(VALUES, ONLY, EXCLUDE, PRESET).forEach(each -> all.add(of(each)));
    return List.copyOf(all);
  }

  private static RecipeKey of(Parameter<?> parameter) {
    return new RecipeKey(parameter, "", Set.of());
  }

  /** Each once, with all kinds that declare it. */
  private static List<RecipeKey> of(Kinds<?> kinds) {
    Map<Parameter<?>, Set<String>> owners = new LinkedHashMap<>();
    for (Kind<?> kind : kinds.all().values()) {
      for (Parameter<?> parameter : kind.parameters()) {
        owners.computeIfAbsent(parameter, unused -> new TreeSet<>()).add(kind.name());
      }
    }
    return owners.entrySet().stream()
        .map(each -> new RecipeKey(each.getKey(), kinds.what(), each.getValue()))
        .toList();
  }

  /** Makes a mask or rescale of what is said of any. */
  static <T> T make(Kinds<T> kinds, Kind<T> kind, Map<String, ?> said) {
    Set<String> keys =
        kinds.all().values().stream().flatMap(e -> e.keys().stream()).collect(Collectors.toSet());
    Map<String, Object> own = new TreeMap<>(said);
    own.keySet().retainAll(keys);
    return kind.create(own);
  }

  /**
   * What is said.
   *
   * @throws IllegalArgumentException if a key is none of these
   */
  static Parameters read(Map<String, ?> said) {
    Parameters read = new Parameters("a recipe", said, false);
    read.requireOnly(ALL.stream().map(RecipeKey::name).collect(Collectors.toSet()));
    return read;
  }
}
