package io.darex.bench.task;

import io.darex.bench.console.BadInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Texts without answers in the columns of a file, read one after another.
 *
 * @param format how the file holds them
 * @param header whether the first line of a tab-separated file names its columns
 * @param text column of the first or only text; none where each line is a text
 * @param second column of the second text of a pair
 * @param index column of an index that names the texts
 */
public record TextRows(
    FileFormat format,
    boolean header,
    Optional<Column> text,
    Optional<Column> second,
    Optional<Column> index) {
  /** Takes one text. */
  public interface Sink {
    /**
     * Takes it.
     *
     * @param index what names it; empty where no column does
     */
    void accept(Optional<String> index, Example example);
  }

  /**
   * Passes the texts of a file on, of TSV and JSON lines with only one of them in memory.
   *
   * @throws BadInputException naming file and line of what cannot be read
   */
  public void read(Path file, Sink sink) {
    for (Path shard : FileFormat.shards(file)) {
      Tsv.open(
          shard,
          in -> {
            read(shard, in, sink);
            return sink;
          });
    }
  }

  /**
   * As above, from a stream that somebody else closes.
   *
   * @param file what errors name
   * @throws IOException if the stream cannot be read
   */
  public void read(Path file, InputStream in, Sink sink) throws IOException {
    if (text.isEmpty()) {
      Tsv.lines(
          file, in, (line, each) -> sink.accept(Optional.empty(), Example.of(each, Double.NaN)));
      return;
    }
    List<Column> columns = new ArrayList<>(List.of(text.get()));
    second.ifPresent(columns::add);
    index.ifPresent(columns::add);
    format.lines(header).read(file, in, columns, new Rows(sink));
  }

  private final class Rows implements Lines.Sink {
    private final Sink sink;

    Rows(Sink sink) {
      this.sink = sink;
    }

    @Override
    public void header(String[] cells) {
      // Any words may name columns.
    }

    @Override
    public void accept(int line, String[] cells) {
      Optional<String> other = second.isPresent() ? Optional.of(cells[1]) : Optional.empty();
      Optional<String> name =
          index.isPresent() ? Optional.of(cells[cells.length - 1]) : Optional.empty();
      sink.accept(name, new Example(cells[0], other, Double.NaN));
    }
  }
}
