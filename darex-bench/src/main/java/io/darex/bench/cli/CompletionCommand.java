package io.darex.bench.cli;

import java.util.Locale;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code darex completion}: what makes a shell complete commands, options and their values. */
@Command(
    name = "completion",
    description = {
      "Print a script by which a shell completes darex.",
      "The line 'source <(darex completion bash)' in ~/.bashrc, or the same with zsh in ~/.zshrc,"
          + " loads it. The name darex must be on the PATH, as a link to the launcher or an alias."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example: darex completion bash"})
final class CompletionCommand implements Runnable {
  /** The shells: one script serves both, since zsh can read what bash does. */
  enum Shell {
    BASH,
    ZSH;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @ParentCommand private Main main;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "SHELL", description = "bash or zsh.")
  @SuppressWarnings("UnusedVariable") // one script serves both; another word is refused
  private Shell shell;

  @Override
  public void run() {
    main.console().out().print(AutoComplete.bash("darex", spec.root().commandLine()));
  }
}
