package io.darex.bench.console;

import io.darex.prune.OneLine;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * A stream to people, in UTF-8. Names and texts of files may hold what a terminal obeys: escape
 * sequences, line ends that make two lines of one, marks that turn the order of letters. Here they
 * are shown and not obeyed: {@code ESC} becomes <code>&#92;u001b</code>.
 *
 * <p>{@code println} takes one line, {@code printf} the parts of one, and line ends within either
 * are shown; {@code print} takes a text, whose line ends are its own.
 */
public final class Terminal extends PrintStream {
  /**
   * Columns of a progress bar. Its library can ask the terminal, but by JLine, which takes Ctrl-C
   * away from the JVM; most terminals have these.
   */
  static final int WIDTH = 79;

  /** Where {@link LogLines} go. */
  private static volatile Terminal logged = new Terminal(System.err);

  private final Sink sink;

  /** Whether the last line is a progress bar, which is drawn again and again. */
  private volatile boolean bar;

  /** Prints to a stream, such as that of the process. */
  public Terminal(OutputStream out) {
    this(new Sink(out));
  }

  private Terminal(Sink sink) {
    // Without a buffer: a progress bar is a line that does not end.
    super(sink, true, StandardCharsets.UTF_8);
    this.sink = sink;
  }

  /** Remembers why something did not arrive, where {@link PrintStream} only knows that. */
  private static final class Sink extends FilterOutputStream {
    private IOException fault;

    Sink(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      try {
        out.write(bytes, from, length);
        out.flush();
      } catch (IOException e) {
        fault = fault == null ? e : fault;
        throw e;
      }
      if (out instanceof PrintStream nested && nested.checkError()) {
        fault = fault == null ? new IOException("write failed") : fault;
      }
    }
  }

  /** Log lines of the process go here from now on. */
  public void takeLogs() {
    logged = this;
  }

  static Terminal logged() {
    return logged;
  }

  /** From now on a line takes the place of the progress bar, which draws itself below. */
  void beginBar() {
    bar = true;
  }

  /** There is no bar any more. */
  void endBar() {
    bar = false;
  }

  /** Why something that was printed did not arrive; empty if all of it did. */
  public Optional<IOException> fault() {
    flush();
    return Optional.ofNullable(sink.fault);
  }

  @Override
  public void println(String line) {
    String shown = OneLine.of(String.valueOf(line));
    super.println(bar ? "\r" + shown + " ".repeat(Math.max(0, WIDTH - shown.length())) : shown);
  }

  @Override
  public void println(Object line) {
    println(String.valueOf(line));
  }

  @Override
  public void print(String text) {
    super.print(OneLine.of(String.valueOf(text), "\n\r\t"));
  }

  @Override
  public void print(Object text) {
    print(String.valueOf(text));
  }

  @Override
  public PrintStream format(String format, Object... parts) {
    return super.format(format, lines(parts));
  }

  @Override
  public PrintStream format(Locale locale, String format, Object... parts) {
    return super.format(locale, format, lines(parts));
  }

  /** Numbers stay what their formats ask for; all else is text. */
  private static Object[] lines(Object... parts) {
    return Arrays.stream(parts)
        .map(
            part ->
                part == null || part instanceof Number || part instanceof Character
                    ? part
                    : OneLine.of(part.toString()))
        .toArray();
  }
}
