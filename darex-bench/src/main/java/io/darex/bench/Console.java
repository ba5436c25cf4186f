package io.darex.bench;

import java.io.PrintStream;

/**
 * Where a command prints: results on {@code out}, everything else on {@code err}, nothing but
 * results and errors when quiet.
 */
public record Console(PrintStream out, PrintStream err, boolean quiet) {
  /** Says one line to the person at the keyboard. */
  public void say(String line) {
    if (!quiet) {
      err.println(line);
    }
  }

  /** A progress display for {@code total} steps; close it when the work ends. */
  public Progress progress(String task, long total) {
    return Progress.start(this, task, total);
  }
}
