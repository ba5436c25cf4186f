package io.darex.bench.task;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/** How a file holds its records, one a line. */
interface Lines {
  /** Takes of a line, which counts from 1, the cells that were asked for. */
  interface Sink {
    /** The first line, where it names the columns. */
    void header(String[] cells);

    void accept(int line, String[] cells);
  }

  /**
   * Passes the cells of {@code columns} on, record by record, with only one of them in memory.
   *
   * @param file what errors name
   * @return the lines that were passed over because they are malformed, where this format does so
   * @throws io.darex.bench.console.BadInputException naming file and line of what cannot be read
   */
  List<Integer> read(Path file, InputStream in, List<Column> columns, Sink sink) throws IOException;
}
