package io.darex.bench;

import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.checkpoint.MalformedFileException;
import io.darex.prune.checkpoint.RefusedOutputException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/**
 * The {@code darex} command: a function of arguments and streams to an exit code.
 *
 * <p>Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed
 * work, 2 usage or bad input, 130 interrupted.
 */
@Command(
    name = "darex",
    description =
        "Fine-tune an encoder, prune its delta or that of any two checkpoints, and measure what"
            + " each costs.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
      RunCommand.class,
      SweepCommand.class,
      EvaluateCommand.class,
      SelectCommand.class,
      PruneCommand.class,
      ApplyCommand.class,
      InspectCommand.class,
      VerifyCommand.class,
      DiffCommand.class,
      ExportCommand.class,
      EncoderCommand.class,
      DoctorCommand.class
    },
    footer = {"", "Example: darex run configs/quickstart.yml"})
public final class Main {
  static final int FAILED = 1;
  static final int BAD_INPUT = 2;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress, errors only.",
      scope = ScopeType.INHERIT)
  private boolean quiet;

  @Option(
      names = "--debug",
      description = "Show the stack trace of an error.",
      scope = ScopeType.INHERIT)
  private boolean debug;

  private final PrintStream out;
  private final PrintStream err;

  private Main(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** Runs the command of the process and exits. */
  public static void main(String[] args) {
    int code = run(System.out, System.err, args);
    System.out.flush();
    System.exit(code);
  }

  /** Runs one command and returns its exit code. */
  public static int run(PrintStream out, PrintStream err, String... args) {
    Main main = new Main(out, err);
    return new CommandLine(main)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
        .setParameterExceptionHandler(main::usage)
        .setExecutionExceptionHandler((thrown, command, parsed) -> main.failure(thrown))
        .execute(args);
  }

  /** Where commands print, and how much. */
  Console console() {
    return new Console(out, err, quiet);
  }

  private int usage(ParameterException thrown, String[] args) {
    err.println("darex: " + thrown.getMessage().lines().findFirst().orElse("bad arguments"));
    String command = thrown.getCommandLine().getCommandSpec().qualifiedName();
    err.println("Try '" + command + " --help'.");
    return BAD_INPUT;
  }

  private int failure(Exception thrown) {
    if (debug) {
      thrown.printStackTrace(err);
    }
    if (thrown instanceof MismatchException mismatch && mismatch.problems().size() > 1) {
      err.println("darex: " + mismatch.problems().size() + " mismatches");
      mismatch.problems().forEach(problem -> err.println("  " + oneLine(problem)));
      return BAD_INPUT;
    }
    Optional<String> fault = inputFault(thrown);
    if (fault.isPresent()) {
      err.println("darex: " + oneLine(fault.get()));
      return BAD_INPUT;
    }
    String message = thrown.getMessage() == null ? "" : ": " + oneLine(thrown.getMessage());
    String where = debug ? "" : " (--debug shows where)";
    err.println("darex: " + thrown.getClass().getSimpleName() + message + where);
    return FAILED;
  }

  /** What is wrong with the input, where it is the input that is wrong. */
  public static Optional<String> inputFault(Exception thrown) {
    if (thrown instanceof FileAlreadyExistsException e) {
      String reason = e.getReason() == null ? "exists already; --force replaces it" : e.getReason();
      return Optional.of(e.getFile() + " " + reason);
    }
    if (thrown instanceof NoSuchFileException e) {
      String reason = e.getReason() == null ? "no such file" : e.getReason();
      return Optional.of(e.getFile() + ": " + reason);
    }
    boolean input =
        thrown instanceof BadInputException
            || thrown instanceof MalformedFileException
            || thrown instanceof MismatchException
            || thrown instanceof RefusedOutputException
            || thrown instanceof NonFiniteException;
    return input ? Optional.of(thrown.getMessage()) : Optional.empty();
  }

  private static String oneLine(String message) {
    return message.lines().map(String::strip).collect(Collectors.joining(" "));
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"darex " + version()};
    }
  }

  /** The version of this build, as the jar's manifest has it. */
  public static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
