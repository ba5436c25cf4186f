package io.darex.bench.cli;

import io.darex.bench.console.Console;
import io.darex.bench.console.Fault;
import io.darex.bench.console.Terminal;
import io.darex.prune.DarexVersion;
import io.darex.prune.file.FileFaults;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * The {@code darex} command: a function of arguments and streams to an exit code.
 *
 * <p>Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed
 * work, 2 usage or bad input, 130 interrupted.
 */
@Command(
    name = "darex",
    description =
        "Fine-tune encoders, prune what fine-tuning changed, and measure what that costs.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
      RunCommand.class,
      SweepCommand.class,
      EvaluateCommand.class,
      PredictCommand.class,
      ServeCommand.class,
      SelectCommand.class,
      PruneCommand.class,
      ApplyCommand.class,
      InspectCommand.class,
      VerifyCommand.class,
      DiffCommand.class,
      ExportCommand.class,
      EncoderCommand.class,
      DoctorCommand.class,
      CompletionCommand.class,
      HelpCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:done", "1:failed", "2:a bad argument or input", "130:interrupted"},
    footer = {"", "Example: darex run configs/quickstart.yml"})
public final class Main implements Runnable {
  static final int FAILED = 1;
  static final int BAD_INPUT = 2;

  /** The property that logback.xml reads. */
  private static final String LOG_LEVEL = "darex.log";

  /** Whoever read the output has seen enough, as {@code head} has: that needs no words. */
  private static final String BROKEN_PIPE = "Broken pipe";

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress, errors only.",
      scope = ScopeType.INHERIT)
  private boolean quiet;

  @Option(
      names = "--verbose",
      description = "Show what the libraries log, and the stack trace of an error.",
      scope = ScopeType.INHERIT)
  private boolean verbose;

  @Spec private CommandSpec spec;

  private final Terminal out;
  private final Terminal err;

  private Main(Terminal out, Terminal err) {
    this.out = out;
    this.err = err;
  }

  /** Runs the command of the process and exits. */
  public static void main(String[] args) {
    // Not System.out: it hides what does not arrive, and writes in the charset of the locale.
    System.exit(
        run(
            new FileOutputStream(FileDescriptor.out),
            new FileOutputStream(FileDescriptor.err),
            args));
  }

  /** Runs one command and returns its exit code. */
  public static int run(OutputStream out, OutputStream err, String... args) {
    Main main = new Main(new Terminal(out), new Terminal(err));
    int code = main.execute(args);
    Optional<IOException> lost = main.out.fault();
    if (lost.isEmpty() || code != 0) {
      return code;
    }
    String why = FileFaults.sentence(lost.get());
    if (!why.equals(BROKEN_PIPE)) {
      main.err.println("darex: standard output could not be written: " + why);
    }
    return FAILED;
  }

  /** The command alone: what there is to choose from. */
  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** The command line as picocli has it, for who asks what there is. */
  static CommandLine commandLine(OutputStream out, OutputStream err) {
    return new Main(new Terminal(out), new Terminal(err)).commandLine();
  }

  private CommandLine commandLine() {
    CommandLine command = new CommandLine(this);
    CommandLine prune = command.getSubcommands().get("prune");
    RecipeOptions.addTo(prune.getCommandSpec());
    HelpGroups.arrange(prune);
    Converters.register(command);
    return command.registerConverter(Path.class, Main::path);
  }

  private int execute(String... args) {
    try {
      return commandLine()
          .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
          .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
          .setParameterExceptionHandler(this::usage)
          .setExecutionStrategy(this::begin)
          .setExecutionExceptionHandler((thrown, failed, parsed) -> failure(thrown))
          .execute(args);
    } catch (Error e) { // of which picocli knows nothing, such as memory that is used up
      return failure(e);
    }
  }

  /** Before anything is logged: Logback reads the property once. */
  private int begin(ParseResult parsed) {
    if (verbose || quiet) {
      System.setProperty(LOG_LEVEL, verbose ? "INFO" : "ERROR");
    }
    err.takeLogs();
    return new RunLast().execute(parsed);
  }

  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new TypeConversionException("expected a path, got nothing");
    }
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new TypeConversionException(Fault.path(e));
    }
  }

  /** Where commands print, and how much. */
  Console console() {
    return new Console(out, err, quiet);
  }

  private int usage(ParameterException thrown, String[] args) {
    err.println("darex: " + Mistake.sentence(thrown));
    String command = thrown.getCommandLine().getCommandSpec().qualifiedName();
    err.println("Try '" + command + " --help'.");
    return BAD_INPUT;
  }

  private int failure(Throwable thrown) {
    if (verbose) {
      thrown.printStackTrace(err);
    }
    Fault fault = Fault.of(thrown);
    String where = fault.known() || verbose ? "" : " (--verbose shows where)";
    err.println("darex: " + fault.lines().get(0) + where);
    fault.lines().stream().skip(1).forEach(err::println);
    return fault.input() ? BAD_INPUT : FAILED;
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"darex " + DarexVersion.text()};
    }
  }
}
