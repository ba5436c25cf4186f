package io.darex.bench.cli;

import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.Pretrained;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A checkpoint on the command line: a path, or the name of a built-in encoder where nothing is
 * called so. The latter is written into a temporary folder, which goes with the process, for all
 * that works on checkpoints reads files.
 */
final class CheckpointPath implements ITypeConverter<Path> {
  private static final Map<String, Path> WRITTEN = new HashMap<>();

  @Override
  public Path convert(String text) {
    try {
      return Pretrained.isBuiltIn(text) ? written(text) : Path.of(text);
    } catch (InvalidPathException e) {
      throw new TypeConversionException("expected a path, got '" + text + "'");
    } catch (IOException e) {
      throw new TypeConversionException(
          "the built-in encoder " + text + " cannot be written to a temporary folder: " + e);
    }
  }

  /** What a user would write for a path: the name of a built-in encoder for its folder. */
  static synchronized String text(Path path) {
    return WRITTEN.entrySet().stream()
        .filter(each -> each.getValue().equals(path))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseGet(path::toString);
  }

  private static synchronized Path written(String name) throws IOException {
    Path known = WRITTEN.get(name);
    if (known == null) {
      Path parent = Files.createTempDirectory("darex-");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(parent)));
      Pretrained encoder = BuiltInEncoders.read(name);
      known = parent.resolve(name);
      HuggingFaceFolder.write(known, encoder.checkpoint(), encoder.files(), false);
      WRITTEN.put(name, known);
    }
    return known;
  }

  private static void delete(Path folder) {
    try {
      PathUtils.delete(folder);
    } catch (IOException e) {
      // The system clears its temporary files, and nobody is left to be told.
    }
  }
}
