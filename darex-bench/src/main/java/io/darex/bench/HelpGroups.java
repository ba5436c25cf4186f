package io.darex.bench;

import java.util.List;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Shows the options of {@code darex prune} under headings; what they mean stays as it is. */
final class HelpGroups implements IModelTransformer {
  private static final List<Group> PRUNE =
      List.of(
          new Group("Inputs and output", "--base", "--tuned", "--adapter", "--out"),
          new Group(
              "Recipe",
              "--config",
              "--mask",
              "--drop-rate",
              "--seed",
              "--scope",
              "--group",
              "--keep",
              "--epsilon",
              "--budget",
              "--only",
              "--exclude",
              "--preset",
              "--values"),
          new Group(
              "q and its search",
              "--rescale",
              "--q",
              "--q-file",
              "--norm",
              "--q-scope",
              "--search"),
          new Group("Texts to look at", "--task", "--glue", "--classes", "--calibration"),
          new Group("Factors of an adapter", "--drop-rate-a", "--drop-rate-b", "--q-a", "--q-b"),
          new Group(
              "Work", "--threads", "--master", "--no-digest", "--force", "--dry-run", "--json"));

  private record Group(String heading, List<String> options) {
    Group(String heading, String... options) {
      this(heading, List.of(options));
    }
  }

  @Override
  public CommandSpec transform(CommandSpec command) {
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
