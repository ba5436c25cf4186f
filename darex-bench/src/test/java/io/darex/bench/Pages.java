package io.darex.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The documents of the repository, as tests read them. */
public final class Pages {
  public static final Path ROOT = Path.of("..");

  private Pages() {}

  /** The text of a document, such as {@code docs/HOWTO.md}. */
  public static String text(String page) throws IOException {
    return Files.readString(ROOT.resolve(page));
  }

  /** What stands under a heading, up to the next heading of any depth. */
  public static String section(String page, String heading) throws IOException {
    Pattern section =
        Pattern.compile(
            "^#+ " + Pattern.quote(heading) + "\n(.*?)(?=^#|\\z)",
            Pattern.MULTILINE | Pattern.DOTALL);
    Matcher found = section.matcher(text(page));
    if (!found.find()) {
      throw new IllegalStateException(page + " has no heading " + heading);
    }
    return found.group(1);
  }

  /** The cells of the tables in a text that have so many columns, without their heads. */
  public static List<List<String>> rows(String text, int columns) {
    return text.lines()
        .filter(line -> line.startsWith("| "))
        .map(line -> Arrays.stream(line.split("(?<!\\\\)\\|", -1)).map(String::strip).toList())
        .map(cells -> cells.subList(1, cells.size() - 1))
        .filter(cells -> cells.size() == columns)
        .filter(cells -> !cells.get(0).matches("-+|key"))
        .toList();
  }
}
