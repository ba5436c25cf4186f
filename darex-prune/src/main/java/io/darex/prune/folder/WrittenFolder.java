package io.darex.prune.folder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.prune.file.Contents;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.Output;
import io.darex.prune.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The mark of the checkpoints and adapters that are written here: every weights file names in its
 * metadata all files that were written with it. A folder of the same names from elsewhere has no
 * mark, and one into which another program has saved its weights has lost it. A {@link ModelCard}
 * is not named: it has a mark of its own, which it loses when somebody edits it.
 */
public final class WrittenFolder {
  /** A JSON list of file names. */
  static final String KEY = "darex.files";

  private static final ObjectMapper JSON = new ObjectMapper();

  private WrittenFolder() {}

  /**
   * Metadata of a weights file, with the mark.
   *
   * @param files all of the folder, by name
   * @param contents of those beside the weights
   */
  public static Map<String, String> mark(
      Map<String, String> metadata, Collection<String> files, Map<String, byte[]> contents) {
    Set<String> named = new TreeSet<>(files);
    if (ModelCard.isOurs(contents.getOrDefault(ModelCard.FILE, new byte[0]))) {
      named.remove(ModelCard.FILE);
    }
    return mark(metadata, named);
  }

  /** As above, of a folder without a card. */
  public static Map<String, String> mark(Map<String, String> metadata, Collection<String> files) {
    try {
      Map<String, String> marked = new TreeMap<>(metadata);
      marked.put(KEY, JSON.writeValueAsString(new TreeSet<>(files)));
      return marked;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Refuses a folder that may not be written.
   *
   * @throws IOException as {@link Output#requireFolder} does
   */
  public static void require(Path out, boolean force, Collection<Path> inputs) throws IOException {
    Output.requireFolder(out, force, WrittenFolder::contents, inputs);
  }

  /** What of a folder was written here: nothing where no weights have the mark. */
  public static Contents contents(Path folder) throws IOException {
    List<Path> weights;
    try (Stream<Path> entries = Files.list(folder)) {
      weights = entries.filter(WeightFile::isSafetensors).toList();
    }
    TreeSet<String> named = new TreeSet<>();
    TreeSet<String> unmarked = new TreeSet<>();
    for (Path file : weights) {
      List<String> files = named(file);
      named.addAll(files);
      if (files.isEmpty()) {
        unmarked.add(file.getFileName().toString());
      }
    }
    named.removeAll(unmarked);
    return contents(folder, named);
  }

  /**
   * What of a folder was written here, where its weights are of another kind.
   *
   * @param metadata of these, with the mark if they have one
   */
  public static Contents named(Path folder, Map<String, String> metadata) throws IOException {
    return contents(folder, named(metadata));
  }

  private static Contents contents(Path folder, Collection<String> files) throws IOException {
    TreeSet<String> named = new TreeSet<>(files);
    Path card = folder.resolve(ModelCard.FILE);
    if (!named.isEmpty()
        && Files.isRegularFile(card, LinkOption.NOFOLLOW_LINKS)
        && ModelCard.isOurs(Files.readAllBytes(card))) {
      named.add(ModelCard.FILE);
    }
    return contents(named);
  }

  /** Files of these paths; a name with a slash is a file in a folder of ours. */
  private static Contents contents(Collection<String> paths) {
    Contents contents = Contents.none();
    SortedMap<String, List<String>> folders = new TreeMap<>();
    for (String path : paths) {
      int slash = path.indexOf('/');
      if (slash < 0) {
        contents = contents.file(Pattern.quote(path));
      } else {
        folders
            .computeIfAbsent(path.substring(0, slash), name -> new ArrayList<>())
            .add(path.substring(slash + 1));
      }
    }
    for (Map.Entry<String, List<String>> folder : folders.entrySet()) {
      Contents inside = contents(folder.getValue());
      contents = contents.folder(Pattern.quote(folder.getKey()), any -> inside);
    }
    return contents;
  }

  private static List<String> named(Path weights) throws IOException {
    try {
      return named(Safetensors.open(weights).metadata());
    } catch (MalformedFileException e) {
      return List.of(); // not written here
    }
  }

  private static List<String> named(Map<String, String> metadata) {
    try {
      String[] files = JSON.readValue(metadata.getOrDefault(KEY, "[]"), String[].class);
      return files == null ? List.of() : Arrays.stream(files).filter(Objects::nonNull).toList();
    } catch (JsonProcessingException e) {
      return List.of(); // not written here
    }
  }
}
