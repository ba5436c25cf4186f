package io.darex.bench;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the text files of a repository cite of each other: documents by their path from the root and
 * the number of a section, and in Markdown files by links.
 *
 * <p>Within docs/ a document may be named from the page's own folder, and a section without a
 * document is the page's own.
 */
final class Links {
  private static final Pattern TEXT = Pattern.compile(".*\\.(md|java|yml|xml|sh|py)");

  /** Not tracked by git, or no text of ours. */
  private static final Pattern SKIPPED = Pattern.compile("target|out|\\..+");

  private static final String SECTION = "§(\\d+(?:\\.\\d+)*)";
  private static final Pattern SECTIONS = Pattern.compile(SECTION);

  /** Documents have names in capitals; a quoted name alone is no citation. */
  private static final Pattern DOCUMENT =
      Pattern.compile(
          "\"[^\"\\s]*\\.md\"|(?<![\\w./:-])([\\w./:-]*\\b[A-Z]{2,}\\.md)\\b((?:[`)]*,?(?: and)? "
              + SECTION
              + ")*)");

  /** Every folder may have one, and many that tests make do. */
  private static final String README = "README.md";

  private static final Pattern MESSAGE =
      Pattern.compile("\"[^\"\n]*\\b[A-Z]{2,}\\.md\\b[^\"\n]*\"");

  /** A line end within a sentence, with the mark of a comment that goes on. */
  private static final Pattern WRAP = Pattern.compile("\\s*\\n\\s*(?:\\*(?!/)|//|#+)?\\s*");

  private static final Pattern FENCED = Pattern.compile("(?ms)^```.*?^```");
  private static final Pattern CODE = Pattern.compile("`[^`\n]*`");
  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} (.*)$");
  private static final Pattern NUMBER = Pattern.compile("(\\d+(?:\\.\\d+)*)\\.? .*");

  private final Path root;
  private final Map<Path, Headings> headings = new HashMap<>();

  /** The numbers of a page's sections, and the anchors that links can lead to. */
  private record Headings(Set<String> numbers, Set<String> anchors) {}

  Links(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /** The root of the repository that the working directory lies in. */
  static Path repository() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("docs").resolve("adr"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException(
            "expected to run within the repository, got " + Path.of("").toAbsolutePath());
      }
    }
    return folder;
  }

  /** All text files, in no particular order. */
  List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            boolean skipped = SKIPPED.matcher(folder.getFileName().toString()).matches();
            return skipped && !folder.equals(root)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (TEXT.matcher(file.getFileName().toString()).matches()) {
              files.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return files;
  }

  /** What is wrong in a file, a sentence each. */
  List<String> problems(Path file) throws IOException {
    Path path = file.toAbsolutePath().normalize();
    String text = Files.readString(path);
    List<String> problems = new ArrayList<>();
    checkCitations(path, WRAP.matcher(text).replaceAll(" "), problems);
    if (path.toString().endsWith(".md")) {
      checkLinks(path, text, problems);
    }
    if (path.startsWith(root) && root.relativize(path).toString().contains("src/main/")) {
      checkMessages(text, problems);
    }
    String name = root.relativize(path).toString();
    return problems.stream().map(problem -> name + ": " + problem).toList();
  }

  private void checkCitations(Path file, String text, List<String> problems) throws IOException {
    Matcher documents = DOCUMENT.matcher(text);
    while (documents.find()) {
      String name = documents.group(1);
      if (name == null || name.contains("://") || name.endsWith(README)) {
        continue;
      }
      Optional<Path> document = document(file, name);
      if (document.isEmpty()) {
        problems.add("expected a document's path from the root, docs/ and a name, got " + name);
        continue;
      }
      Set<String> numbers = headings(document.get()).numbers();
      for (MatchResult section : SECTIONS.matcher(documents.group(2)).results().toList()) {
        if (!numbers.contains(section.group(1))) {
          problems.add("expected a section of " + name + ", got §" + section.group(1));
        }
      }
    }
    Set<String> own = isPage(file) ? headings(file).numbers() : Set.of();
    SECTIONS
        .matcher(DOCUMENT.matcher(text).replaceAll(""))
        .results()
        .map(section -> section.group(1))
        .filter(number -> !own.contains(number))
        .forEach(number -> problems.add("expected a document or a section here, got §" + number));
  }

  private boolean isPage(Path file) {
    return file.startsWith(root.resolve("docs"));
  }

  private Optional<Path> document(Path file, String name) {
    Path fromRoot = root.resolve(name);
    Path document = isPage(file) && !Files.exists(fromRoot) ? file.resolveSibling(name) : fromRoot;
    return Optional.of(document.normalize()).filter(Files::isRegularFile);
  }

  private void checkLinks(Path file, String text, List<String> problems) throws IOException {
    Matcher links = LINK.matcher(CODE.matcher(FENCED.matcher(text).replaceAll("")).replaceAll(""));
    while (links.find()) {
      String link = links.group(1);
      if (link.matches("[a-z]+:.*")) {
        continue;
      }
      String[] parts = link.split("#", 2);
      Path target = parts[0].isEmpty() ? file : file.resolveSibling(parts[0]).normalize();
      if (!target.startsWith(root) || !Files.exists(target)) {
        problems.add("expected a link to a file of the repository, got " + link);
      } else if (parts.length == 2
          && !(target.toString().endsWith(".md")
              && headings(target).anchors().contains(parts[1]))) {
        problems.add("expected a link to a heading that is there, got " + link);
      }
    }
  }

  /** Whoever reads a message has the program and not its repository. */
  private static void checkMessages(String text, List<String> problems) {
    MESSAGE
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .filter(message -> !message.equals('"' + README + '"'))
        .forEach(message -> problems.add("expected no document in a message, got " + message));
  }

  private Headings headings(Path page) throws IOException {
    Headings known = headings.get(page);
    if (known != null) {
      return known;
    }
    Headings found = new Headings(new HashSet<>(), new HashSet<>());
    Map<String, Integer> seen = new HashMap<>();
    Matcher lines = HEADING.matcher(FENCED.matcher(Files.readString(page)).replaceAll(""));
    while (lines.find()) {
      String heading = lines.group(1).strip();
      Matcher number = NUMBER.matcher(heading);
      if (number.matches()) {
        found.numbers().add(number.group(1));
      }
      String anchor = anchor(heading);
      int before = seen.merge(anchor, 1, Integer::sum) - 1;
      found.anchors().add(before == 0 ? anchor : anchor + "-" + before);
    }
    headings.put(page, found);
    return found;
  }

  /** As GitHub makes them. */
  private static String anchor(String heading) {
    return heading
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{M}\\p{N}\\p{Pc} -]", "")
        .replace(' ', '-');
  }
}
