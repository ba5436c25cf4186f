package io.darex.prune.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.stream.Stream;

/** What the files of unfinished work are known by, without reading them. */
final class InputFiles {
  private InputFiles() {}

  /** Paths, sizes and times of change of the files in a folder, or of one file. */
  static String state(Path input) throws IOException {
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
}
