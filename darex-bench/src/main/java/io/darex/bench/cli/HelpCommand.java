package io.darex.bench.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code darex help}: what {@code --help} of a command shows. */
@Command(
    name = "help",
    description = "Show the help of a command.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: darex help encoder export"})
final class HelpCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "COMMAND",
      arity = "0..*",
      description = "The command, and its subcommand if it has some; default: darex itself.")
  private List<String> names = List.of();

  @Override
  public void run() {
    CommandLine command = spec.root().commandLine();
    for (String name : names) {
      CommandLine next = command.getSubcommands().get(name);
      if (next == null) {
        throw new ParameterException(
            spec.commandLine(),
            command.getSubcommands().isEmpty()
                ? "expected no command below '"
                    + command.getCommandSpec().qualifiedName()
                    + "', got '"
                    + name
                    + "'"
                : Mistake.unknownCommand(command, name));
      }
      command = next;
    }
    command.usage(command.getOut());
  }
}
