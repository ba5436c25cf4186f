package io.darex.prune.folder;

import io.darex.prune.DarexVersion;
import io.darex.prune.OneLine;
import io.darex.prune.file.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The README.md of a model that is written here, in the form of the Hugging Face hub. It ends with
 * a digest of itself: one that somebody has edited is his, and is neither replaced nor left out.
 *
 * @param title what the model is
 * @param base what it was made from, in a word; empty if it was made from nothing
 * @param licence the hub's word for the licence; empty if it is not known
 * @param rows what there is to know, a key and a value each
 * @param commands of darex that made it and that score it
 */
public record ModelCard(
    String title,
    Optional<String> base,
    Optional<String> licence,
    List<Map.Entry<String, String>> rows,
    List<String> commands) {
  /** Its name in a folder. */
  public static final String FILE = "README.md";

  /** Of a value: a job may be long, and no longer than a page. */
  private static final int LONGEST = 2000;

  private static final Pattern LICENCE = Pattern.compile("license: *([A-Za-z0-9.-]{1,40}) *");

  /** What is between these lines, at the beginning, is for the hub. */
  private static final String FENCE = "---";

  private static final Pattern SEAL =
      Pattern.compile("(?s)(.*)<!-- darex ([0-9a-f]{64}): replaced while unchanged -->\n");

  /** Copies the lists. */
  public ModelCard {
    rows = List.copyOf(rows);
    commands = List.copyOf(commands);
  }

  /** Whether a README.md is one that was written here, and nobody has changed. */
  public static boolean isOurs(byte[] readme) {
    Matcher seal = SEAL.matcher(new String(readme, StandardCharsets.UTF_8));
    return seal.matches() && seal.group(2).equals(digest(seal.group(1)));
  }

  /** The licence that the README.md among the files of a model names, if it does. */
  public static Optional<String> licence(Map<String, byte[]> files) {
    byte[] readme = files.getOrDefault(FILE, new byte[0]);
    List<String> lines = new String(readme, StandardCharsets.UTF_8).lines().toList();
    if (lines.isEmpty() || !lines.get(0).equals(FENCE)) {
      return Optional.empty();
    }
    return lines.stream()
        .skip(1)
        .takeWhile(line -> !line.equals(FENCE))
        .map(LICENCE::matcher)
        .filter(Matcher::matches)
        .map(line -> line.group(1))
        .findFirst();
  }

  /** The file's content: UTF-8, the same for the same card. */
  public byte[] text() {
    StringBuilder text = new StringBuilder("---\n");
    base.ifPresent(name -> text.append("base_model: ").append(yaml(name)).append('\n'));
    text.append("license: ").append(licence.orElse("unknown")).append('\n');
    text.append("tags:\n- darex\n---\n\n# ").append(cell(title)).append("\n\n");
    text.append("| | |\n| --- | --- |\n");
    rows.forEach(
        row ->
            text.append("| ")
                .append(row.getKey())
                .append(" | ")
                .append(cell(row.getValue()))
                .append(" |\n"));
    text.append("| made by | darex ").append(cell(DarexVersion.text())).append(" |\n\n```\n");
    commands.forEach(command -> text.append(cell(command)).append('\n'));
    text.append("```\n\n");
    return (text + "<!-- darex " + digest(text.toString()) + ": replaced while unchanged -->\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String digest(String text) {
    return Sha256.hex(text.getBytes(StandardCharsets.UTF_8));
  }

  /** In quotes, for it may be any text. */
  private static String yaml(String text) {
    return '"' + cell(text).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /** One line that ends no cell and no code, and holds no HTML. */
  private static String cell(String text) {
    String line = OneLine.of(text).replace("|", "\\|").replace("`", "'").replace("<", "&lt;");
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
  }
}
