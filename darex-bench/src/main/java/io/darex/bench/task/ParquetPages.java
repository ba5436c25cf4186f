package io.darex.bench.task;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import org.xerial.snappy.Snappy;

/** The pages of a column in a row group, decompressed one after another. */
final class ParquetPages implements PageReader {
  /** Writers make pages of a megabyte or a few. */
  private static final int MOST = 1 << 28;

  private final ColumnMetaData chunk;
  private final ByteArrayInputStream in;
  private long left;

  /** The header of the next page, once it is read. */
  private PageHeader header;

  /**
   * The pages of a column.
   *
   * @param file all of it
   * @throws IllegalArgumentException if they do not lie within the file
   */
  ParquetPages(ColumnMetaData chunk, byte[] file) {
    this.chunk = chunk;
    long dictionary = chunk.getDictionary_page_offset(); // 0 where there is none
    long start =
        dictionary > 0
            ? Math.min(dictionary, chunk.getData_page_offset())
            : chunk.getData_page_offset();
    long size = chunk.getTotal_compressed_size();
    if (start < 0 || size < 0 || start > file.length - size) {
      throw new IllegalArgumentException(
          "column " + chunk.getPath_in_schema() + " outside of the file");
    }
    in = new ByteArrayInputStream(file, (int) start, (int) size);
    left = chunk.getNum_values();
  }

  @Override
  public long getTotalValueCount() {
    return chunk.getNum_values();
  }

  @Override
  public DictionaryPage readDictionaryPage() {
    try {
      header();
      if (header.type != PageType.DICTIONARY_PAGE) {
        return null;
      }
      int values = header.getDictionary_page_header().getNum_values();
      Encoding encoding = Encoding.valueOf(header.getDictionary_page_header().getEncoding().name());
      byte[] page = decompressed(take(header.compressed_page_size), header.uncompressed_page_size);
      header = null;
      if (values < 0 || values > page.length / Integer.BYTES) { // none takes less
        throw new IOException("a dictionary of " + values + " values in " + page.length + " bytes");
      }
      return new DictionaryPage(BytesInput.from(page), values, encoding);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public DataPage readPage() {
    try {
      while (left > 0) {
        header();
        PageHeader page = header;
        header = null;
        if (page.type == PageType.DATA_PAGE) {
          return counted(version1(page, page.getData_page_header()));
        }
        if (page.type == PageType.DATA_PAGE_V2) {
          return counted(version2(page, page.getData_page_header_v2()));
        }
        take(page.compressed_page_size);
      }
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void header() throws IOException {
    if (header == null) {
      header = Util.readPageHeader(in);
    }
  }

  private DataPage counted(DataPage page) {
    left -= page.getValueCount();
    return page;
  }

  private DataPage version1(PageHeader page, DataPageHeader data) throws IOException {
    return new DataPageV1(
        BytesInput.from(decompressed(take(page.compressed_page_size), page.uncompressed_page_size)),
        data.num_values,
        page.uncompressed_page_size,
        null,
        Encoding.valueOf(data.repetition_level_encoding.name()),
        Encoding.valueOf(data.definition_level_encoding.name()),
        Encoding.valueOf(data.encoding.name()));
  }

  private DataPage version2(PageHeader page, DataPageHeaderV2 data) throws IOException {
    byte[] repetition = take(data.repetition_levels_byte_length);
    byte[] definition = take(data.definition_levels_byte_length);
    int levels = Math.addExact(repetition.length, definition.length);
    byte[] values = take(page.compressed_page_size - levels);
    if (data.is_compressed) {
      values = decompressed(values, page.uncompressed_page_size - levels);
    }
    return DataPageV2.uncompressed(
        data.num_rows,
        data.num_nulls,
        data.num_values,
        BytesInput.from(repetition),
        BytesInput.from(definition),
        Encoding.valueOf(data.encoding.name()),
        BytesInput.from(values),
        null);
  }

  private byte[] take(int count) throws IOException {
    if (count < 0 || count > in.available()) {
      throw new IOException("a page of " + count + " bytes, where " + in.available() + " are left");
    }
    return in.readNBytes(count);
  }

  private byte[] decompressed(byte[] page, int length) throws IOException {
    if (length < 0 || length > MOST) {
      throw new IOException("a page of " + length + " bytes, more than " + MOST);
    }
    byte[] values =
        switch (chunk.getCodec()) {
          case UNCOMPRESSED -> page;
          case SNAPPY -> Snappy.uncompressedLength(page) == length ? Snappy.uncompress(page) : page;
          case GZIP -> new GZIPInputStream(new ByteArrayInputStream(page)).readNBytes(length);
          case ZSTD -> Zstd.decompress(page, length);
          default ->
              throw new IOException(
                  "compression "
                      + chunk.getCodec()
                      + ", where darex reads snappy, zstd, gzip and none");
        };
    if (values.length != length) {
      throw new IOException("a page that is not of the " + length + " bytes it should have");
    }
    return values;
  }
}
