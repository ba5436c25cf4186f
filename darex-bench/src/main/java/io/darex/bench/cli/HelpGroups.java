package io.darex.bench.cli;

import io.darex.prune.recipe.RecipeKeys;
import io.darex.prune.rescale.Rescales;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Adds the options of a recipe to {@code darex prune}, and shows all options under headings. */
final class HelpGroups implements IModelTransformer {
  private static final List<Group> PRUNE =
      List.of(
          new Group("Inputs and output", "--base", "--tuned", "--adapter", "--out"),
          new Group("Recipe", recipe(false)),
          new Group("q and its search", recipe(true)),
          new Group("Texts to look at", "--task", "--glue", "--classes", "--calibration"),
          new Group("Factors of an adapter", "--drop-rate-a", "--drop-rate-b", "--q-a", "--q-b"),
          new Group(
              "Work", "--threads", "--master", "--no-digest", "--force", "--dry-run", "--json"));

  /** The options of a recipe: those of its rescale, or all others. */
  private static List<String> recipe(boolean rescale) {
    Set<String> found = new HashSet<>(Set.of(RecipeKeys.RESCALE.key()));
    Rescales.KINDS.all().values().forEach(kind -> found.addAll(kind.keys()));
    List<String> options = new ArrayList<>(rescale ? List.of("--q-file") : List.of("--config"));
    RecipeKeys.ALL.stream()
        .map(RecipeKeys.Key::name)
        .filter(name -> found.contains(name) == rescale)
        .forEach(name -> options.add(RecipeOptions.name(name)));
    return options;
  }

  private record Group(String heading, List<String> options) {
    Group(String heading, String... options) {
      this(heading, List.of(options));
    }
  }

  @Override
  public CommandSpec transform(CommandSpec command) {
    RecipeOptions.addTo(command);
    for (int i = 0; i < PRUNE.size(); i++) {
      ArgGroupSpec.Builder group =
          ArgGroupSpec.builder()
              .heading("%n" + PRUNE.get(i).heading + ":%n")
              .order(i)
              .validate(false);
      for (String name : PRUNE.get(i).options) {
        OptionSpec option = command.findOption(name);
        if (option != null) {
          command.remove(option);
          group.addArg(option);
        }
      }
      command.addArgGroup(group.build());
    }
    return command;
  }
}
