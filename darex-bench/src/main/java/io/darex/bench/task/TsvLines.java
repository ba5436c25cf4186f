package io.darex.bench.task;

import io.darex.bench.console.BadInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tab-separated lines, all of the same width.
 *
 * @param header whether the first line names the columns; it then also says how many there are
 * @param width how many columns a line has where no header says so; 0: as many as the first
 * @param lenient pass over lines of another width, instead of refusing the file
 */
record TsvLines(boolean header, int width, boolean lenient) implements Lines {
  @Override
  public List<Integer> read(Path file, InputStream in, List<Column> columns, Sink sink)
      throws IOException {
    List<Integer> malformed = new ArrayList<>();
    int[] expected = {width};
    int[] places = new int[columns.size()];
    Tsv.read(
        file,
        in,
        (line, cells) -> {
          if (line == 1) {
            expected[0] = header || width == 0 ? cells.length : width;
            List<String> names = header ? List.of(cells) : List.of();
            for (int i = 0; i < places.length; i++) {
              places[i] = place(columns.get(i), file, names, expected[0]);
            }
            if (header) {
              sink.header(pick(cells, places));
              return;
            }
          }
          if (cells.length == expected[0]) {
            sink.accept(line, pick(cells, places));
          } else if (lenient) {
            malformed.add(line);
          } else {
            throw BadInputException.at(
                file, line, expected[0] + " tab-separated columns", "" + cells.length);
          }
        });
    return malformed;
  }

  private static String[] pick(String[] cells, int[] places) {
    return Arrays.stream(places).mapToObj(place -> cells[place]).toArray(String[]::new);
  }

  private int place(Column column, Path file, List<String> names, int columns) {
    int place = column.in(names, columns);
    if (place < 0) {
      throw BadInputException.at(
          file,
          1,
          (header ? "a header with " : "a line with ") + column,
          header ? BadInputException.quote(String.join(", ", names)) : columns + " columns");
    }
    return place;
  }
}
