package io.darex.bench.cli;

import io.darex.prune.recipe.RecipeKeys;
import io.darex.prune.rescale.Rescales;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Shows the options of {@code darex prune} under headings; what they mean stays as it is. */
final class HelpGroups {
  private static final List<Group> PRUNE =
      List.of(
          new Group("Inputs and output", "--base", "--tuned", "--adapter", "--out"),
          new Group("Recipe", recipe(false)),
          new Group("q and its search", recipe(true)),
          new Group(
              "Texts to look at",
              "--task",
              "--glue",
              "--classes",
              "--calibration",
              "--engine",
              "--device",
              "--precision"),
          new Group("Factors of an adapter", "--drop-rate-a", "--drop-rate-b", "--q-a", "--q-b"),
          new Group(
              "Work", "--threads", "--master", "--no-digest", "--force", "--dry-run", "--json"));

  /** The options of a recipe: those of its rescale, or all others. */
  private static List<String> recipe(boolean rescale) {
    Set<String> found = new HashSet<>(Set.of(RecipeKeys.RESCALE.key()));
    Rescales.KINDS.all().values().forEach(kind -> found.addAll(kind.keys()));
    List<String> options = new ArrayList<>(rescale ? List.of() : List.of("--config"));
    RecipeKeys.ALL.stream()
        .map(RecipeKeys.RecipeKey::name)
        .filter(name -> found.contains(name) == rescale)
        .forEach(name -> options.add(RecipeOptions.name(name)));
    if (rescale) {
      options.add("--q-file");
    }
    return options;
  }

  private record Group(String heading, List<String> options) {
    Group(String heading, String... options) {
      this(heading, List.of(options));
    }
  }

  private HelpGroups() {}

  /** Has {@code --help} of the command show its options so; those of no group come first. */
  static void arrange(CommandLine prune) {
    prune.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, HelpGroups::text);
  }

  private static String text(Help help) {
    List<OptionSpec> others = new ArrayList<>(help.commandSpec().options());
    StringBuilder groups = new StringBuilder();
    for (Group group : PRUNE) {
      List<OptionSpec> options =
          group.options.stream()
              .map(help.commandSpec()::findOption)
              .filter(Objects::nonNull)
              .toList();
      others.removeAll(options);
      groups.append(String.format(Locale.ROOT, "%n%s:%n%s", group.heading, text(help, options)));
    }
    return text(help, others) + groups;
  }

  private static String text(Help help, List<OptionSpec> options) {
    Help.Layout layout = help.createDefaultLayout();
    layout.addOptions(options, help.parameterLabelRenderer());
    return layout.toString();
  }
}
