package io.darex.bench.cli;

import io.darex.bench.Pages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Writes docs/CLI.md from what the command line itself says. */
public final class CliPage {
  static final String PAGE = "docs/CLI.md";

  private static final String HEAD =
      """
      # Command line

      Every command and every option. `CliPage` writes this page from the code, and `CliPageTest` fails if it is stale. `darex help COMMAND` shows the same on a terminal; there are [no man pages](NOMAN). The [guide](GUIDE) says what the commands are for.

      - The launcher is `./darex-bench/darex`. A link to it on the `PATH` makes it `darex`.
      - Results go to standard output, everything else to standard error.
      - A bad argument or input is one line on standard error. Words may be mistyped: it names the nearest.
      - `source <(darex completion bash)` makes bash complete commands, options and their values. For zsh it is `darex completion zsh`.
      - A path is relative to the working directory.

      | exit code | meaning |
      | --- | --- |
      CODES

      | environment variable | meaning |
      | --- | --- |
      | `DAREX_JAVA_OPTS` | options of the JVM, such as `-Xmx12g` |
      | `DAREX_PROFILES` | what is built in besides: `bert-base`, `bge-small`, `cuda`, `parquet`, `spark`, `torch`, `torch-gpu`, with commas between them. Later commands keep it |
      | `DAREX_SPARK_SECRET` | the secret of a Spark cluster |
      | `JAVA_HOME` | which Java runs darex |

      These options are those of every command:

      OPTIONS
      """;

  /** Beside the page, and not from the root as documents are named in code. */
  private static final String GUIDE = "GUIDE" + ".md";

  private static final String NO_MAN = "adr/0028-no-man-pages" + ".md";

  private CliPage() {}

  /** Writes the page. */
  public static void main(String[] args) throws IOException {
    Files.writeString(Pages.ROOT.resolve(PAGE), text());
  }

  static String text() {
    CommandLine darex = Main.commandLine(new ByteArrayOutputStream(), new ByteArrayOutputStream());
    String codes =
        darex.getCommandSpec().usageMessage().exitCodeList().entrySet().stream()
            .map(code -> "| " + code.getKey() + " | " + code.getValue() + " |")
            .collect(Collectors.joining("\n"));
    CommandSpec spec = darex.getCommandSpec();
    StringBuilder page =
        new StringBuilder(
            HEAD.replace("GUIDE", GUIDE)
                .replace("NOMAN", NO_MAN)
                .replace("CODES", codes)
                .replace("OPTIONS", table(spec, spec.options())));
    append(page, darex, 2);
    return page.toString();
  }

  private static void append(StringBuilder page, CommandLine parent, int depth) {
    for (Map.Entry<String, CommandLine> each : parent.getSubcommands().entrySet()) {
      CommandSpec spec = each.getValue().getCommandSpec();
      page.append('\n').append("#".repeat(depth)).append(' ').append(spec.qualifiedName());
      page.append("\n\n").append(String.join(" ", spec.usageMessage().description()));
      List<OptionSpec> own =
          spec.options().stream()
              .filter(option -> !option.inherited() && !option.usageHelp() && !option.versionHelp())
              .toList();
      if (!own.isEmpty() || !spec.positionalParameters().isEmpty()) {
        page.append("\n\n").append(table(spec, own)).append('\n');
      } else {
        page.append('\n');
      }
      String examples =
          String.join("\n", spec.usageMessage().footer())
              .replaceAll("(?m)^(Example: |Examples:\n| +)", "")
              .strip();
      page.append("\n```\n").append(examples).append("\n```\n");
      append(page, each.getValue(), depth + 1);
    }
  }

  private static String table(CommandSpec spec, List<OptionSpec> options) {
    StringBuilder rows = new StringBuilder("| option | meaning |\n| --- | --- |");
    spec.positionalParameters().forEach(each -> rows.append(row(each.paramLabel(), each)));
    for (OptionSpec option : options) {
      String value = option.arity().max() == 0 ? "" : "=" + option.paramLabel();
      rows.append(row(String.join("`, `", option.names()) + value, option));
    }
    return rows.toString();
  }

  private static String row(String name, ArgSpec argument) {
    String fallback = String.valueOf(argument.defaultValueString());
    String meaning =
        String.join(" ", argument.description())
            .replace("${DEFAULT-VALUE}", fallback)
            .replace("%%", "%")
            .replace("|", "\\|")
            .replace("*", "\\*");
    String needed = argument.required() ? " Required." : "";
    return "\n| `" + name + "` | " + meaning + needed + " |";
  }
}
