package io.darex.bench.cli;

import io.darex.bench.config.Names;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said of arguments that picocli refuses: one line, which names the option. */
final class Mistake {
  /** {@code Invalid value for option '--bytes' (SIZE): expected …}. */
  private static final Pattern VALUE =
      Pattern.compile("Invalid value for option '(-[^']+)'(?: \\([^)]*\\))?: (.*)");

  private static final Pattern POSITIONAL =
      Pattern.compile("Invalid value for positional parameter at index \\S+ \\(([^)]*)\\): (.*)");

  private Mistake() {}

  static String sentence(ParameterException thrown) {
    if (thrown instanceof UnmatchedArgumentException unmatched) {
      return unmatched(unmatched.getCommandLine(), unmatched.getUnmatched().get(0));
    }
    String said = thrown.getMessage().lines().findFirst().orElse("bad arguments");
    for (Pattern pattern : List.of(VALUE, POSITIONAL)) {
      Matcher value = pattern.matcher(said);
      if (value.matches()) {
        return value.group(1) + ": " + value.group(2);
      }
    }
    return said;
  }

  private static String unmatched(CommandLine command, String argument) {
    if (!argument.startsWith("-")) {
      return command.getSubcommands().isEmpty()
          ? "expected no further argument, got '" + argument + "'"
          : unknownCommand(command, argument);
    }
    Collection<String> options =
        command.getCommandSpec().options().stream()
            .flatMap(option -> Arrays.stream(option.names()))
            .filter(name -> name.startsWith("--"))
            .toList();
    String name = argument.split("=", 2)[0];
    return "unknown option '"
        + name
        + "'"
        + Names.nearest(name.replaceFirst("^-+", ""), bare(options))
            .map(near -> ": did you mean '--" + near + "'?")
            .orElse("");
  }

  /** The dashes, which all have, would make any two options alike. */
  private static List<String> bare(Collection<String> options) {
    return options.stream().map(option -> option.substring(2)).toList();
  }

  /** That a command has no subcommand of that name, and which it has. */
  static String unknownCommand(CommandLine command, String name) {
    return Names.unknown("command", name, command.getSubcommands().keySet());
  }
}
