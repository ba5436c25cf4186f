package io.darex.bench.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.file.Path;

/** Files of JSON that darex wrote and reads again. */
public final class JsonFile {
  private JsonFile() {}

  /** Parses the content of a file. */
  @FunctionalInterface
  public interface Parse<T> {
    /** Null where the file holds null. */
    T parse() throws IOException;
  }

  /**
   * What {@code parse} gives.
   *
   * @param expected what the file should hold, for the message
   * @throws BadInputException if it holds null or something else, naming the line
   * @throws IOException if it cannot be read
   */
  public static <T> T read(Path file, String expected, Parse<T> parse) throws IOException {
    try {
      T value = parse.parse();
      if (value != null) {
        return value;
      }
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
      throw BadInputException.at(
          file, line, expected, BadInputException.quote(e.getOriginalMessage()));
    }
    throw BadInputException.at(file, 1, expected, "null");
  }
}
