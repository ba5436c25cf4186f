package io.darex.bench.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.io.UncheckedIOException;

/**
 * Where a command prints: results on {@code out}, everything else on {@code err}, nothing but
 * results and errors when quiet.
 */
public record Console(PrintStream out, Terminal err, boolean quiet) {
  private static final ObjectMapper JSON = new ObjectMapper();

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

  /** A progress display for {@code total} bytes; close it when the work ends. */
  public Progress progressOfBytes(String task, long total) {
    return Progress.ofBytes(this, task, total);
  }

  /** A progress display for steps of which nobody knows how many there are. */
  public Progress progressOfUnknown(String task, String unit) {
    return Progress.ofUnknown(this, task, unit);
  }

  /** Prints a result as JSON of several lines. */
  public void pretty(JsonNode result) {
    out.print(result.toPrettyString() + System.lineSeparator());
  }

  /** Prints a result as one line of JSON. */
  public void json(Object result) {
    try {
      out.println(JSON.writeValueAsString(result));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
