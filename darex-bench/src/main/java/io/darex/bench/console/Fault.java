package io.darex.bench.console;

import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.delta.TooSmallException;
import io.darex.prune.file.FileFaults;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.RefusedOutputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What people are told of an exception: sentences instead of the names of Java's classes.
 *
 * @param lines one, or a heading and what stands below it
 * @param input whether it is what the user gave that is at fault, and not the work
 * @param known whether the sentence says all there is; else the place in the program helps
 */
public record Fault(List<String> lines, boolean input, boolean known) {
  /** What the system says of a path that can never be right. */
  private static final Set<String> BAD_PATHS =
      Set.of("Not a directory", "Is a directory", "File name too long", "Invalid argument");

  /** Java's own words for an exception begin with its class. */
  private static final Pattern CLASS_NAME =
      Pattern.compile("\\b(?:[a-z]\\w*\\.)+[A-Z]\\w*(?:Exception|Error):?");

  /** Finds the words for {@code thrown}. */
  public static Fault of(Throwable thrown) {
    Throwable cause = unwrapped(thrown);
    if (cause instanceof MismatchException mismatch && mismatch.problems().size() > 1) {
      List<String> problems = mismatch.problems();
      return input(
          Stream.concat(
                  Stream.of(problems.size() + " mismatches"),
                  problems.stream().map(problem -> "  " + oneLine(problem)))
              .toList());
    }
    if (cause instanceof BadInputException
        || cause instanceof MalformedFileException
        || cause instanceof MismatchException
        || cause instanceof RefusedOutputException
        || cause instanceof NonFiniteException
        || cause instanceof TooSmallException) {
      return input(List.of(oneLine(cause.getMessage())));
    }
    if (cause instanceof FileAlreadyExistsException exists) {
      String reason =
          Objects.requireNonNullElse(exists.getReason(), "exists already; --force replaces it");
      return input(List.of(exists.getFile() + " " + reason));
    }
    if (cause instanceof InvalidPathException path) {
      return input(List.of(path(path)));
    }
    if (cause instanceof IOException io) {
      return new Fault(List.of(oneLine(FileFaults.sentence(io))), isInput(io), true);
    }
    if (cause instanceof OutOfMemoryError memory) {
      return failed(memory(memory));
    }
    if (cause instanceof InternalError error && FileFaults.sentence(error).isPresent()) {
      return failed(FileFaults.sentence(error).get());
    }
    if (cause instanceof StackOverflowError) {
      return failed("something is nested too deeply: the stack of the JVM is used up");
    }
    return new Fault(List.of(unexpected(cause)), false, false);
  }

  /** What those say that this program does not throw for people, or not yet in a better way. */
  private static String unexpected(Throwable cause) {
    if (cause instanceof LinkageError) {
      return "a library that is needed could not be started";
    }
    boolean mistake =
        cause instanceof NullPointerException
            || cause instanceof ClassCastException
            || cause instanceof IndexOutOfBoundsException;
    String said = oneLine(Objects.requireNonNullElse(cause.getMessage(), ""));
    String message = CLASS_NAME.matcher(said).replaceAll("").strip();
    return mistake || message.isEmpty() ? "a fault of darex itself" : message;
  }

  /** All that is said, in one line. */
  public String text() {
    return lines.size() == 1
        ? lines.get(0)
        : lines.stream().skip(1).map(String::strip).collect(Collectors.joining("; "));
  }

  private static Fault input(List<String> lines) {
    return new Fault(lines, true, true);
  }

  private static Fault failed(String line) {
    return new Fault(List.of(line), false, true);
  }

  /** What other threads and lambdas throw is wrapped on its way. */
  private static Throwable unwrapped(Throwable thrown) {
    boolean wrapper =
        thrown instanceof UncheckedIOException
            || thrown instanceof CompletionException
            || thrown instanceof ExecutionException
            || thrown instanceof ExceptionInInitializerError;
    return wrapper && thrown.getCause() != null ? unwrapped(thrown.getCause()) : thrown;
  }

  private static boolean isInput(IOException io) {
    return io instanceof NoSuchFileException
        || io instanceof AccessDeniedException
        || io instanceof NotDirectoryException
        || io instanceof CharacterCodingException
        || (io instanceof FileSystemException file
            && BAD_PATHS.contains(Objects.requireNonNullElse(file.getReason(), "")));
  }

  private static String memory(OutOfMemoryError thrown) {
    String allowed = Size.text(Runtime.getRuntime().maxMemory());
    return "out of memory: the JVM is allowed "
        + allowed
        + ", and more is needed ("
        + oneLine(Objects.requireNonNullElse(thrown.getMessage(), "Java heap space"))
        + "); DAREX_JAVA_OPTS=-Xmx… allows it more";
  }

  /** A path that Java cannot name: most often one that the charset of the locale lacks. */
  public static String path(InvalidPathException thrown) {
    return BadInputException.quote(thrown.getInput())
        + ": expected a path that the charset "
        + System.getProperty("sun.jnu.encoding")
        + " of the locale can write; LC_ALL=C.UTF-8 sets another one";
  }

  /** A message as one line. */
  static String oneLine(String message) {
    return message.lines().map(String::strip).collect(Collectors.joining(" "));
  }
}
