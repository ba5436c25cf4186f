package io.darex.bench.report;

import java.util.List;
import java.util.stream.Collectors;

/** Lines that a reader copies into a shell. */
public final class Commands {
  private Commands() {}

  /** What uses a delta at once, and what makes a model of full size of it. */
  static String use(String base, String delta) {
    return line("darex", "predict", "--base", base, "--delta", delta)
        + "\n"
        + line("darex", "apply", "--base", base, "--delta", delta, "--out", "MODEL");
  }

  /** Words with what a shell would take apart in quotes. */
  public static String line(String... words) {
    return List.of(words).stream().map(Commands::quoted).collect(Collectors.joining(" "));
  }

  private static String quoted(String word) {
    return word.matches("[\\p{L}\\p{N}_./:@%+=,\\\\-]+")
        ? word
        : "'" + word.replace("'", "'\\''") + "'";
  }
}
