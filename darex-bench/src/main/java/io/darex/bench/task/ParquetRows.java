package io.darex.bench.task;

import io.darex.bench.console.BadInputException;
import io.darex.prune.file.MalformedFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/** The rows of a Parquet file, whose columns have names; a row counts as a line. */
record ParquetRows() implements Lines {
  /** The file is in memory while it is read; the hub cuts its own at half a gigabyte. */
  private static final int MOST = 1 << 30;

  @Override
  public List<Integer> read(Path file, InputStream in, List<Column> columns, Sink sink)
      throws IOException {
    requireLibrary(file);
    byte[] bytes = in.readNBytes(MOST + 1);
    if (bytes.length > MOST) {
      throw new MalformedFileException(
          file, "a Parquet file of at most " + MOST + " bytes", "more");
    }
    ParquetFile parquet = new ParquetFile(file, bytes);
    List<String> names = parquet.columns().stream().map(ParquetFile.Cells::name).toList();
    List<PrimitiveType> picked = new ArrayList<>();
    int[] places = new int[columns.size()];
    for (int i = 0; i < places.length; i++) {
      int place = columns.get(i).in(names, names.size());
      Optional<PrimitiveType> type =
          place < 0 ? Optional.empty() : parquet.columns().get(place).type();
      if (type.isEmpty()) {
        throw new MalformedFileException(
            file,
            columns.get(i) + " of texts, numbers or truth values",
            place < 0 ? "columns " + String.join(", ", names) : "other values in it");
      }
      if (!picked.contains(type.get())) {
        picked.add(type.get());
      }
      places[i] = picked.indexOf(type.get());
    }
    int[] line = {0};
    parquet.read(
        picked,
        row -> {
          line[0]++;
          String[] cells = new String[places.length];
          for (int i = 0; i < cells.length; i++) {
            cells[i] = cell(file, line[0], columns.get(i), row, places[i]);
          }
          sink.accept(line[0], cells);
        });
    return List.of();
  }

  private static void requireLibrary(Path file) {
    try {
      Class.forName("org.apache.parquet.schema.MessageType");
    } catch (ClassNotFoundException e) {
      throw new BadInputException(
          file
              + ": expected a darex that reads Parquet, got one without; DAREX_PROFILES=parquet in"
              + " the environment of darex builds it in",
          e);
    }
  }

  private static String cell(Path file, int line, Column column, Group row, int place) {
    if (row.getFieldRepetitionCount(place) == 0) {
      throw BadInputException.at(file, line, "a text or a number in " + column, "nothing");
    }
    PrimitiveType type = row.getType().getType(place).asPrimitiveType();
    if (type.getPrimitiveTypeName() != PrimitiveTypeName.BINARY) {
      return row.getValueToString(place, 0);
    }
    ByteBuffer utf8 = row.getBinary(place, 0).toByteBuffer();
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw BadInputException.at(file, line, "UTF-8 in " + column, "other bytes");
    }
  }
}
