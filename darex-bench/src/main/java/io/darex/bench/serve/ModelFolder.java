package io.darex.bench.serve;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.JsonFile;
import io.darex.prune.file.AtomicWrite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The folder of the delta files that clients may name, and the list of models in it. */
final class ModelFolder {
  /** The list: a JSON object of file by name. */
  static final String LIST = "darex-serve.json";

  private static final JsonMapper JSON = new JsonMapper();

  private final Path folder;

  /**
   * @throws BadInputException if it is no folder
   */
  ModelFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new BadInputException(folder + ": expected a folder of delta files, got none");
    }
    this.folder = folder.toRealPath();
  }

  /**
   * A file of the folder, or of one in it.
   *
   * @param name relative to the folder
   * @throws BadInputException if it is none, or lies elsewhere, be it through a link
   */
  Path file(String name) throws IOException {
    try {
      Path relative = Path.of(name);
      Path file = folder.resolve(relative);
      if (!relative.isAbsolute()
          && file.equals(file.normalize())
          && file.startsWith(folder)
          && Files.isRegularFile(file)
          && file.toRealPath().equals(file)) {
        return file;
      }
    } catch (InvalidPathException e) {
      // As below.
    }
    throw new BadInputException(
        "expected a file in the folder of models, without .. and links, got "
            + BadInputException.quote(name));
  }

  /**
   * The list; empty where there is none yet.
   *
   * @throws BadInputException if it is none
   */
  SortedMap<String, String> list() throws IOException {
    Path list = folder.resolve(LIST);
    if (!Files.exists(list)) {
      return new TreeMap<>();
    }
    Map<String, String> read =
        JsonFile.read(
            list,
            "a JSON object of file by name",
            () -> JSON.readValue(Files.readAllBytes(list), new TypeReference<>() {}));
    return new TreeMap<>(read);
  }

  /** Writes the list, all of it or nothing. */
  void write(SortedMap<String, String> list) throws IOException {
    AtomicWrite.file(
        folder.resolve(LIST),
        true,
        temporary ->
            Files.write(temporary, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(list)));
  }
}
