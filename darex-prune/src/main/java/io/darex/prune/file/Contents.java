package io.darex.prune.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What we write into a folder, by name: so what of it is ours, and may be deleted. Links and
 * whatever else is neither file nor folder are never ours.
 */
public final class Contents {
  private static final String UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";

  private static final Contents FILES = none().file(".*");

  private final List<Rule> rules;

  private Contents(List<Rule> rules) {
    this.rules = List.copyOf(rules);
  }

  /** A name, and what lies inside if it is that of a folder. */
  private record Rule(Pattern name, Optional<Output.Ours> inside, boolean kept) {
    boolean fits(Path entry) {
      return name.matcher(entry.getFileName().toString()).matches()
          && (inside.isPresent()
              ? Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)
              : Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS));
    }
  }

  /** Whether it is a file that {@link AtomicWrite#file} has not finished. */
  static boolean isTemporaryFile(Path entry) {
    return entry.getFileName().toString().matches("\\..+\\." + UUID + "\\.tmp")
        && Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS);
  }

  /** Nothing: an empty folder. */
  public static Contents none() {
    return new Contents(List.of());
  }

  private Contents with(String regex, Optional<Output.Ours> inside, boolean kept) {
    List<Rule> longer = new ArrayList<>(rules);
    longer.add(new Rule(Pattern.compile(regex), inside, kept));
    return new Contents(longer);
  }

  /** These and regular files of a name. */
  public Contents file(String regex) {
    return with(regex, Optional.empty(), false);
  }

  /** As {@link #file}, but {@link #clear} leaves it. */
  public Contents kept(String regex) {
    return with(regex, Optional.empty(), true);
  }

  /** These and folders of a name, with what lies inside. */
  public Contents folder(String regex, Output.Ours inside) {
    return with(regex, Optional.of(inside), false);
  }

  /** These and what an {@link AtomicWrite} that was killed leaves. */
  public Contents temporaries() {
    String name = "\\..+\\.(" + UUID + "\\.tmp|partial)";
    return file(name).file("\\..+\\.partial\\.journal").folder(name, any -> FILES);
  }

  /** The first in {@code folder}, by name, that is none of these: its path from there. */
  public Optional<Path> foreign(Path folder) throws IOException {
    for (Path entry : list(folder)) {
      Optional<Rule> rule = rule(entry);
      if (rule.isEmpty()) {
        return Optional.of(entry.getFileName());
      }
      if (rule.get().inside().isPresent()) {
        Optional<Path> deeper = rule.get().inside().get().of(entry).foreign(entry);
        if (deeper.isPresent()) {
          return deeper.map(entry.getFileName()::resolve);
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Deletes all of these from {@code folder}, and nothing else.
   *
   * @throws RefusedOutputException if it holds something else; nothing is deleted then
   */
  public void clear(Path folder) throws IOException {
    Optional<Path> foreign = foreign(folder);
    if (foreign.isPresent()) {
      throw new RefusedOutputException(
          folder, "expected files of darex only, got " + foreign.get() + "; nothing was deleted");
    }
    for (Path entry : list(folder)) {
      Rule rule = rule(entry).orElseThrow();
      if (rule.inside().isPresent()) {
        rule.inside().get().of(entry).clear(entry);
      }
      if (!rule.kept()) {
        Files.delete(entry);
      }
    }
  }

  private Optional<Rule> rule(Path entry) {
    return rules.stream().filter(rule -> rule.fits(entry)).findFirst();
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }
}
