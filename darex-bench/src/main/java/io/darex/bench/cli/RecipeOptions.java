package io.darex.bench.cli;

import io.darex.bench.config.RecipeName;
import io.darex.bench.config.RecipeReader;
import io.darex.bench.console.BadInputException;
import io.darex.prune.parameter.Parameter;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.recipe.RecipeKeys;
import io.darex.prune.recipe.RecipeKeys.RecipeKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * The options that say how to prune, one for each key of a recipe; those not given leave it to the
 * configuration.
 */
final class RecipeOptions {
  private static final String CONFIG = "--config";
  private static final String Q_FILE = "--q-file";

  private final ParseResult parsed;
  private final Optional<Path> config;
  private final Optional<RecipeReader.FromFile> file;

  /** The options that were given to a command to which {@link #addTo} has added them. */
  RecipeOptions(ParseResult parsed) {
    this.parsed = parsed;
    this.config = Optional.ofNullable(parsed.matchedOptionValue(CONFIG, (Path) null));
    this.file = config.map(RecipeReader::read);
  }

  /** Adds the options to a command. */
  static void addTo(CommandSpec command) {
    command.addOption(
        OptionSpec.builder(CONFIG)
            .paramLabel("YAML")
            .type(Path.class)
            .description(
                "A recipe such as configs/prune/random.yml; the options below go before it.")
            .build());
    for (RecipeKey key : RecipeKeys.ALL) {
      if (key.name().equals("tensors")) {
        command.addOption(
            OptionSpec.builder(Q_FILE)
                .paramLabel("YAML")
                .type(Path.class)
                .description(
                    "Of rescale q: a mapping 'tensors' of names or patterns to q's, and 'fallback'"
                        + " for the rest (default: the share that is kept).")
                .build());
      } else if (!key.name().equals("fallback")) {
        command.addOption(option(key));
      }
    }
  }

  private static OptionSpec option(RecipeKey key) {
    Parameter.Type<?> type = key.parameter().type();
    OptionSpec.Builder option =
        OptionSpec.builder(name(key.name())).description(help(key)).converters(Converters.of(type));
    if (type instanceof Parameter.Decimal) {
      option.type(Double.class).paramLabel("X");
    } else if (type instanceof Parameter.Whole || type instanceof Parameter.Seed) {
      option.type(Long.class).paramLabel("N");
    } else if (type instanceof Parameter.Seeds) {
      option.type(List.class).auxiliaryTypes(Long.class).splitRegex(",").paramLabel("N");
    } else if (type instanceof Parameter.Bytes) {
      option.type(String.class).paramLabel("SIZE");
    } else if (type instanceof Parameter.Texts) {
      option.type(List.class).auxiliaryTypes(String.class).paramLabel("PATTERN");
    } else {
      // A label of its own: the script of completion keeps the words of an option under it.
      String label = name(key.name()).substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
      option.type(String.class).paramLabel(label);
    }
    if (type instanceof Parameter.Choice<?> choice) {
      option.completionCandidates(choice.choices().keySet());
    }
    return option.build();
  }

  /** The option of a key. */
  static String name(String key) {
    return "--" + key.replaceAll("[A-Z]", "-$0").toLowerCase(Locale.ROOT);
  }

  /** {@code "Of magnitude: what is compared: tensor (default), row, model."}. */
  private static String help(RecipeKey key) {
    StringBuilder help = new StringBuilder();
    if (!key.owners().isEmpty()) {
      help.append("Of ").append(key.what()).append(' ');
      help.append(String.join(", ", key.owners())).append(": ");
    }
    help.append(key.parameter().help());
    Optional<?> fallback = key.parameter().fallback();
    if (key.parameter().type() instanceof Parameter.Choice<?> choice) {
      String words = String.join(", ", choice.choices().keySet());
      for (Map.Entry<String, ?> each : choice.choices().entrySet()) {
        if (fallback.isPresent() && fallback.get().equals(each.getValue())) {
          words = words.replaceFirst("\\b" + each.getKey() + "\\b", "$0 (default)");
        }
      }
      help.append(": ").append(words);
    } else if (fallback.isPresent() && !(fallback.get() instanceof List)) {
      help.append("; default ").append(fallback.get());
    }
    help.setCharAt(0, Character.toUpperCase(help.charAt(0)));
    // What is left of a percent sign when picocli has formatted it.
    return help.append('.').toString().replace("%", "%%");
  }

  /**
   * The recipe.
   *
   * @throws BadInputException if file or options are at fault
   */
  Recipe recipe() {
    return recipe(said());
  }

  /** An error about the value of a key becomes one about its option. */
  private Recipe recipe(Map<String, Object> said) {
    try {
      requireWhole(said);
      return RecipeReader.of(said);
    } catch (BadInputException e) {
      boolean ofKey = said.keySet().stream().anyMatch(key -> e.getMessage().startsWith(key + ": "));
      throw ofKey ? new BadInputException("--" + e.getMessage(), e) : e;
    }
  }

  /**
   * Refuses an option that says nothing of the mask or the rescale, and a lack of one that must.
   */
  private void requireWhole(Map<String, Object> said) {
    if (given("bytes") && given("dropRate")) {
      throw new BadInputException("expected either --bytes or --drop-rate, got both");
    }
    boolean file = said.containsKey(RecipeReader.Q_FILE);
    if (file && given("q")) {
      throw new BadInputException("expected either --q or --q-file, got both");
    }
    String mask = said.getOrDefault("mask", RecipeKeys.MASK.fallback().orElseThrow().name()) + "";
    if (mask.equals("stratified") && !said.containsKey("group")) {
      throw new BadInputException("--mask stratified: expected --group with it, got none");
    }
    String rescale = file && !said.containsKey("rescale") ? "q" : RecipeReader.rescale(said);
    if (rescale.equals("q") && !said.containsKey("q") && !file) {
      throw new BadInputException("--rescale q: expected --q or --q-file with it, got neither");
    }
    for (RecipeKey key : RecipeKeys.ALL) {
      if (given(key.name()) && !key.concerns(mask, rescale)) {
        throw new BadInputException(
            String.format(
                "%s: expected --%s %s with it, got %s",
                name(key.name()),
                key.what(),
                String.join(" or ", key.owners()),
                key.what().equals("mask") ? mask : rescale));
      }
    }
  }

  private boolean given(String key) {
    return parsed.hasMatchedOption(name(key));
  }

  /**
   * The recipe of one of an adapter's factors.
   *
   * @param own what is said of this factor alone, by key; null where nothing is
   * @throws BadInputException as {@link #recipe()}, and if a type of kept values is given, for a
   *     factor keeps its own
   */
  Recipe factor(Map<String, Object> own) {
    Map<String, Object> said = said();
    if (said.containsKey("values")) {
      throw new BadInputException(
          "--adapter: expected no --values, as factors keep their type, got " + said.get("values"));
    }
    if (said.containsKey("budget")) {
      throw new BadInputException(
          "--adapter: expected no --budget, as each factor has its own rate, got "
              + said.get("budget"));
    }
    if (said.containsKey("bytes")) {
      throw new BadInputException(
          "--adapter: expected --drop-rate, as factors are stored whole, got --bytes");
    }
    said.putIfAbsent("mask", "random");
    said.put("values", "f32");
    own.forEach(
        (key, value) -> {
          if (value != null) {
            said.put(key, value);
          }
        });
    Recipe recipe = recipe(said);
    if (recipe.bytes().isPresent()) {
      throw new BadInputException("--adapter: expected a --drop-rate, got none");
    }
    if (!recipe.needsWeightsAlone()) {
      throw new BadInputException(
          "--adapter: expected a recipe that looks at nothing but the weights, got "
              + RecipeName.of(recipe));
    }
    return recipe;
  }

  /** The file of texts that the recipe's YAML names. */
  Optional<Path> calibration() {
    return file.map(RecipeReader.FromFile::calibration);
  }

  /** The files that the recipe is in, or that it names. */
  Inputs inputs() {
    Object named = said().get(RecipeReader.Q_FILE);
    return Inputs.of(config.orElse(null), named == null ? null : Path.of(named.toString()))
        .and(calibration().orElse(null));
  }

  /** What file and options say, by key. */
  private Map<String, Object> said() {
    Map<String, Object> said =
        new TreeMap<>(file.map(RecipeReader.FromFile::keys).orElse(Map.of()));
    for (RecipeKey key : RecipeKeys.ALL) {
      if (given(key.name())) {
        said.put(key.name(), parsed.matchedOptionValue(name(key.name()), (Object) null));
      }
    }
    Path qFile = parsed.matchedOptionValue(Q_FILE, (Path) null);
    if (qFile != null) {
      said.put(RecipeReader.Q_FILE, qFile);
    }
    return said;
  }
}
