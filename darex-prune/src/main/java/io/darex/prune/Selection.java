package io.darex.prune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which tensors are pruned: those the preset takes, of them those that some {@code only} pattern
 * matches if there are any, of them those that no {@code exclude} pattern matches. The others are
 * carried whole. A pattern matches whole tuned names, and {@code *} stands for any characters.
 *
 * @param preset what a kind of model prunes by convention
 * @param only patterns of names to prune; empty for all
 * @param exclude patterns of names not to prune
 */
public record Selection(Preset preset, List<String> only, List<String> exclude) {
  /** What is pruned by convention (docs/METHOD.md §1.2). A preset need not match any tensor. */
  public enum Preset {
    /** Every tensor. */
    ALL {
      @Override
      boolean takes(String name) {
        return true;
      }
    },
    /** Everything but the task head {@code classifier.*}; embeddings and LayerNorm included. */
    ENCODER {
      @Override
      boolean takes(String name) {
        return !Names.unwrapped(name).startsWith("classifier.");
      }
    },
    /** Only tensors with a component {@code mlp} or {@code self_attn} in their name. */
    DECODER {
      @Override
      boolean takes(String name) {
        List<String> components = List.of(name.split("\\.", -1));
        return components.contains("mlp") || components.contains("self_attn");
      }
    };

    abstract boolean takes(String name);

    /** The name in YAML, on the command line and in files. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Every tensor that base and tuned model both have. */
  public static final Selection ALL = of(Preset.ALL);

  /** Everything but an encoder's task head. */
  public static final Selection ENCODER = of(Preset.ENCODER);

  /** Copies the lists. */
  public Selection {
    only = List.copyOf(only);
    exclude = List.copyOf(exclude);
  }

  /** A preset and nothing else. */
  public static Selection of(Preset preset) {
    return new Selection(preset, List.of(), List.of());
  }

  /** What determines it, as JSON takes it. */
  public Map<String, Object> parameters() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("preset", preset.toString());
    parameters.put("only", only);
    parameters.put("exclude", exclude);
    return parameters;
  }

  /** Tells the tuned names that are pruned from those carried whole. */
  public Predicate<String> asPredicate() {
    Predicate<String> chosen = only.isEmpty() ? name -> true : name -> false;
    for (String pattern : only) {
      chosen = chosen.or(matching(pattern));
    }
    for (String pattern : exclude) {
      chosen = chosen.and(matching(pattern).negate());
    }
    return chosen.and(preset::takes);
  }

  /** Names that match {@code pattern} as a whole; {@code *} stands for any characters. */
  public static Predicate<String> matching(String pattern) {
    String regex =
        Arrays.stream(pattern.split("\\*", -1))
            .map(Pattern::quote)
            .collect(Collectors.joining(".*"));
    return Pattern.compile(regex, Pattern.DOTALL).asMatchPredicate();
  }

  /** A sentence for every pattern that matches none of {@code names}: most likely a typo. */
  List<String> problems(Collection<String> names) {
    List<String> problems = new ArrayList<>();
    only.forEach(pattern -> check("only", pattern, names, problems));
    exclude.forEach(pattern -> check("exclude", pattern, names, problems));
    return problems;
  }

  private static void check(
      String list, String pattern, Collection<String> names, List<String> problems) {
    if (names.stream().noneMatch(matching(pattern))) {
      problems.add(list + " pattern '" + pattern + "' matches no tensor of the tuned model");
    }
  }
}
