package io.darex.prune.folder;

import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.WriteOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What the files of unfinished work are known by, without reading them. */
public final class InputFiles {
  private InputFiles() {}

  /** Paths, sizes and times of change of the files in a folder, or of one file. */
  public static String state(Path input) throws IOException {
    StringBuilder state = new StringBuilder();
    Path real = input.toRealPath();
    try (Stream<Path> files = Files.isDirectory(real) ? Files.list(real) : Stream.of(real)) {
      for (Path file : files.sorted().toList()) {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        if (attributes.isRegularFile()) {
          state
              .append(file)
              .append('\t')
              .append(attributes.size())
              .append('\t')
              .append(attributes.lastModifiedTime().toInstant())
              .append('\n');
        }
      }
    }
    return state.toString();
  }

  /**
   * The files of weights among those of a folder, or one file. A mapping shows what its file has
   * become: where another program has written into it, or cut it short within a page, without an
   * error.
   */
  public static WriteOptions.Inputs weights(Path... inputs) throws IOException {
    SortedMap<Path, String> states = new TreeMap<>();
    for (Path input : inputs) {
      Path real = input.toRealPath();
      try (Stream<Path> files = Files.isDirectory(real) ? Files.list(real) : Stream.of(real)) {
        for (Path file :
            files.filter(each -> each.equals(real) || WeightFile.isNamed(each)).toList()) {
          states.put(file, state(file));
        }
      }
    }
    return () -> {
      for (Map.Entry<Path, String> known : states.entrySet()) {
        Path file = known.getKey();
        if (!Files.exists(file) || !state(file).equals(known.getValue())) {
          throw new MalformedFileException(
              file, "the same file from the work's begin to its end", "it changed meanwhile");
        }
      }
    };
  }
}
