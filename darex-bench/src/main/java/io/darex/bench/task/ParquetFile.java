package io.darex.bench.task;

import io.darex.prune.file.MalformedFileException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Util;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;

/**
 * A Parquet file in memory. Footer, page headers, values and records are read by Apache Parquet;
 * its own reader of whole files needs Hadoop's classes, so what lies between them is here (ADR 24).
 */
final class ParquetFile {
  private static final byte[] MAGIC = {'P', 'A', 'R', '1'};
  private static final int TAIL = Integer.BYTES + MAGIC.length;

  private final Path path;
  private final byte[] bytes;
  private final FileMetaData footer;
  private final List<Cells> columns;

  /**
   * A column of the first level.
   *
   * @param type of its cells; empty if these are no texts, numbers or truth values
   */
  record Cells(String name, Optional<PrimitiveType> type) {}

  /**
   * Reads the footer.
   *
   * @param path what errors name
   * @throws MalformedFileException if it cannot be read
   */
  ParquetFile(Path path, byte[] bytes) throws IOException {
    this.path = path;
    this.bytes = bytes;
    boolean marked =
        bytes.length >= MAGIC.length + TAIL && isMagic(0) && isMagic(bytes.length - MAGIC.length);
    require(marked, "a Parquet file, which begins and ends with PAR1", "another or a part of one");
    int end = bytes.length - TAIL;
    int length = 0;
    for (int i = Integer.BYTES - 1; i >= 0; i--) {
      length = (length << Byte.SIZE) | (bytes[end + i] & 0xFF);
    }
    require(length >= 0 && length <= end - MAGIC.length, "a footer within the file", length);
    ByteArrayInputStream in = new ByteArrayInputStream(bytes, end - length, length);
    footer =
        checked(
            () -> {
              try {
                return Util.readFileMetaData(in);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    columns = checked(() -> columns(footer.getSchema()));
  }

  private boolean isMagic(int at) {
    return Arrays.equals(bytes, at, at + MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  /** The columns of the first level. */
  List<Cells> columns() {
    return columns;
  }

  /** The root comes first, and what is in a column right after it. */
  private static List<Cells> columns(List<SchemaElement> schema) {
    List<Cells> columns = new ArrayList<>();
    int next = 1;
    for (int i = 0; i < schema.get(0).getNum_children(); i++) {
      SchemaElement column = schema.get(next);
      columns.add(new Cells(column.getName(), type(column)));
      for (long inside = 1; inside > 0; next++) {
        inside += schema.get(next).getNum_children() - 1L;
      }
    }
    return columns;
  }

  private static Optional<PrimitiveType> type(SchemaElement column) {
    if (column.getNum_children() > 0
        || !column.isSetType()
        || column.getRepetition_type() == FieldRepetitionType.REPEATED) {
      return Optional.empty();
    }
    String meaning = meaning(column);
    boolean plain = meaning.isEmpty();
    Optional<PrimitiveTypeName> type =
        switch (column.getType()) {
          case BYTE_ARRAY ->
              meaning.matches("UTF8|STRING|ENUM|JSON")
                  ? Optional.of(PrimitiveTypeName.BINARY)
                  : Optional.empty();
          case INT32 -> number(meaning, PrimitiveTypeName.INT32);
          case INT64 -> number(meaning, PrimitiveTypeName.INT64);
          case FLOAT -> plain ? Optional.of(PrimitiveTypeName.FLOAT) : Optional.empty();
          case DOUBLE -> plain ? Optional.of(PrimitiveTypeName.DOUBLE) : Optional.empty();
          case BOOLEAN -> plain ? Optional.of(PrimitiveTypeName.BOOLEAN) : Optional.empty();
          default -> Optional.empty();
        };
    Repetition repetition =
        column.getRepetition_type() == FieldRepetitionType.REQUIRED
            ? Repetition.REQUIRED
            : Repetition.OPTIONAL;
    return type.map(name -> new PrimitiveType(repetition, name, column.getName()));
  }

  private static Optional<PrimitiveTypeName> number(String meaning, PrimitiveTypeName type) {
    return meaning.matches("|INTEGER|INT_(8|16|32|64)") ? Optional.of(type) : Optional.empty();
  }

  /** What the bytes of a column stand for, if they do not speak for themselves. */
  private static String meaning(SchemaElement column) {
    if (column.isSetLogicalType()) {
      boolean unsigned =
          column.getLogicalType().isSetINTEGER()
              && !column.getLogicalType().getINTEGER().isIsSigned();
      return unsigned ? "UNSIGNED" : column.getLogicalType().getSetField().name();
    }
    return column.isSetConverted_type() ? column.getConverted_type().name() : "";
  }

  /**
   * Passes the rows on, in order.
   *
   * @param types of the columns to read, each once
   * @throws MalformedFileException if they cannot be read
   */
  void read(List<PrimitiveType> types, Consumer<Group> sink) throws IOException {
    MessageType schema = new MessageType("row", List.<Type>copyOf(types));
    for (RowGroup group : footer.getRow_groups()) {
      RecordReader<Group> rows = checked(() -> rows(schema, group));
      for (long i = 0; i < group.getNum_rows(); i++) {
        sink.accept(checked(rows::read));
      }
    }
  }

  private RecordReader<Group> rows(MessageType schema, RowGroup group) {
    Map<String, PageReader> pages = new TreeMap<>();
    for (ColumnChunk chunk : group.getColumns()) {
      List<String> name = chunk.getMeta_data().getPath_in_schema();
      if (name.size() == 1 && schema.containsField(name.get(0))) {
        long values = chunk.getMeta_data().getNum_values();
        if (values != group.getNum_rows()) { // its reader would repeat the last one
          throw new IllegalArgumentException(
              values + " values in " + group.getNum_rows() + " rows of column " + name.get(0));
        }
        pages.put(name.get(0), new ParquetPages(chunk.getMeta_data(), bytes));
      }
    }
    PageReadStore store =
        new PageReadStore() {
          @Override
          public PageReader getPageReader(ColumnDescriptor column) {
            return pages.get(column.getPath()[0]);
          }

          @Override
          public long getRowCount() {
            return group.getNum_rows();
          }
        };
    return new ColumnIOFactory()
        .getColumnIO(schema)
        .getRecordReader(store, new GroupRecordConverter(schema));
  }

  /** Whatever a hostile file makes of a library that takes it for a good one. */
  private <T> T checked(Supplier<T> work) throws IOException {
    try {
      return work.get();
    } catch (RuntimeException e) {
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      MalformedFileException fault =
          new MalformedFileException(
              path,
              "a Parquet file that can be read",
              Objects.requireNonNullElse(cause.getMessage(), "a damaged one"));
      fault.initCause(e);
      throw fault;
    }
  }

  private void require(boolean holds, String expected, Object found) throws IOException {
    if (!holds) {
      throw new MalformedFileException(path, expected, found);
    }
  }
}
