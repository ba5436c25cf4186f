package io.darex.bench.bundle;

import io.darex.prune.file.MalformedFileException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A table of LevelDB whose blocks are not compressed, as TensorFlow writes the index of a bundle
 * (<a href="https://github.com/google/leveldb/blob/main/doc/table_format.md">table_format.md</a>).
 */
final class SortedTable {
  private static final int FOOTER = 48;
  private static final int MAGIC_AT = FOOTER - Long.BYTES;
  private static final long MAGIC = 0xDB4775248B80FB57L;

  /** Behind each block: its compression, and the checksum of both. */
  private static final int TRAILER = 1 + Integer.BYTES;

  private final Path file;
  private final byte[] bytes;

  private SortedTable(Path file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  /**
   * All values by key.
   *
   * @param file to be named in errors
   * @throws MalformedFileException naming the fault, whatever the bytes are
   */
  static SortedMap<String, byte[]> read(Path file, byte[] bytes) throws MalformedFileException {
    return new SortedTable(file, bytes).read();
  }

  private SortedMap<String, byte[]> read() throws MalformedFileException {
    Cursor footer = Cursor.of(file, bytes, bytes.length - (long) FOOTER, FOOTER);
    Cursor end = Cursor.of(file, bytes, bytes.length - (long) FOOTER + MAGIC_AT, Long.BYTES);
    long magic = end.int64();
    if (magic != MAGIC) {
      throw new MalformedFileException(
          file, "a table that ends in " + Long.toHexString(MAGIC), Long.toHexString(magic));
    }
    footer.varint(); // where the block of statistics is, and how long
    footer.varint();
    byte[] index = block(footer);
    SortedMap<String, byte[]> found = new TreeMap<>();
    for (byte[] handle : entries(index, Collections.emptySortedMap()).values()) {
      found.putAll(entries(block(Cursor.of(file, handle, 0, handle.length)), found));
    }
    return found;
  }

  /** The block that the next two numbers say. */
  private byte[] block(Cursor handle) throws MalformedFileException {
    long from = handle.varint();
    long length = handle.varint();
    byte[] block = Cursor.of(file, bytes, from, length).bytes(length);
    Cursor trailer = Cursor.of(file, bytes, from + length, TRAILER);
    byte compression = trailer.bytes(1)[0];
    byte[] covered = Arrays.copyOf(block, block.length + 1);
    covered[block.length] = compression;
    int stored = trailer.int32();
    if (stored != Crc32c.masked(covered)) {
      throw new MalformedFileException(
          file,
          "a block at byte " + from + " with the checksum " + Integer.toHexString(stored),
          Integer.toHexString(Crc32c.masked(covered)) + ": the file is damaged");
    }
    if (compression != 0) {
      throw new MalformedFileException(file, "blocks without compression", "kind " + compression);
    }
    return block;
  }

  /** Keys share what they begin with; the last numbers of a block say where a key is whole. */
  private SortedMap<String, byte[]> entries(byte[] block, SortedMap<String, byte[]> before)
      throws MalformedFileException {
    long countAt = block.length - (long) Integer.BYTES;
    int restarts = Cursor.of(file, block, countAt, Integer.BYTES).int32();
    Cursor cursor = Cursor.of(file, block, 0, countAt - (long) Integer.BYTES * restarts);
    SortedMap<String, byte[]> entries = new TreeMap<>();
    byte[] key = {};
    while (!cursor.atEnd()) {
      long shared = cursor.varint();
      long own = cursor.varint();
      long length = cursor.varint();
      if (shared > key.length) {
        throw new MalformedFileException(
            file, "at most " + key.length + " shared bytes of a key", shared);
      }
      byte[] rest = cursor.bytes(own);
      byte[] next = Arrays.copyOf(key, (int) shared + rest.length);
      System.arraycopy(rest, 0, next, (int) shared, rest.length);
      key = next;
      String name = new String(key, StandardCharsets.UTF_8);
      byte[] value = cursor.bytes(length);
      if (before.containsKey(name) || entries.put(name, value) != null) {
        throw new MalformedFileException(file, "each key once", name + " again");
      }
    }
    return entries;
  }
}
