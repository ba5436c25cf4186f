package io.darex.prune.torch;

import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.MappedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The zip that {@code torch.save} writes, found by its directory and read as if an enemy had
 * written it. Its entries are stored, not compressed, so they are read where they lie in the mapped
 * file. Zip64 is read, encryption and several disks are not.
 */
final class TorchZip {
  private static final int END = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int END64 = 0x06064b50;
  private static final int END64_BYTES = 56;
  private static final int LOCATOR = 0x07064b50;
  private static final int LOCATOR_BYTES = 20;
  private static final int CENTRAL = 0x02014b50;
  private static final int CENTRAL_BYTES = 46;
  private static final int LOCAL = 0x04034b50;
  private static final int LOCAL_BYTES = 30;
  private static final int MAX_COMMENT = 0xFFFF;

  /** The extra field with the 64-bit numbers that stand where a 32-bit one is all ones. */
  private static final int ZIP64 = 1;

  private static final long ONES = 0xFFFF_FFFFL;

  /** Far more than a checkpoint's directory has: some 80 bytes for each tensor. */
  private static final int MAX_DIRECTORY = 1 << 26;

  private final MappedFile file;
  private final Path path;
  private final Map<String, Entry> entries = new HashMap<>();
  private String root = "";

  private TorchZip(MappedFile file) {
    this.file = file;
    this.path = file.path();
  }

  /** An entry as the directory has it. */
  private record Entry(int method, boolean encrypted, long size, long packed, long header) {}

  /**
   * The bytes of an entry.
   *
   * @param start where they begin, from the file's start
   */
  record Data(long start, long size) {}

  /**
   * Reads the directory.
   *
   * @throws MalformedFileException naming the first fault
   */
  static TorchZip open(MappedFile file) throws IOException {
    TorchZip zip = new TorchZip(file);
    zip.readDirectory();
    return zip;
  }

  /**
   * Where the entry {@code ROOT/NAME} lies, ROOT being the folder that torch puts all entries into.
   *
   * @throws MalformedFileException if there is none, or it is compressed or not within the file
   */
  Data data(String name) throws IOException {
    Entry entry = entries.get(root + name);
    if (entry == null) {
      throw fault("an entry " + root + name + ", as torch.save writes it", "none");
    }
    String where = "entry " + root + name;
    if (entry.method != 0 || entry.encrypted || entry.packed != entry.size) {
      throw fault(
          where + " stored as it is, as torch.save does",
          (entry.encrypted ? "encryption" : "compression of method " + entry.method)
              + ": load it in Python and torch.save it again");
    }
    ByteBuffer header = slice(entry.header, LOCAL_BYTES, where + " to have a header");
    boolean signed = header.getInt(0) == LOCAL;
    long start = entry.header + LOCAL_BYTES + u16(header, 26) + u16(header, 28);
    if (!signed || start > file.size() || entry.size > file.size() - start) {
      throw fault(where + " of " + entry.size + " bytes within the file", "a place outside it");
    }
    return new Data(start, entry.size);
  }

  boolean has(String name) {
    return entries.containsKey(root + name);
  }

  private void readDirectory() throws IOException {
    long end = end();
    ByteBuffer record = file.slice(end, END_BYTES);
    long count = u16(record, 10);
    long size = u32(record, 12);
    long begin = u32(record, 16);
    if (count == 0xFFFF || size == ONES || begin == ONES) {
      String what = "a zip64 directory";
      ByteBuffer locator = slice(end - LOCATOR_BYTES, LOCATOR_BYTES, what);
      long place = locator.getInt(0) == LOCATOR ? locator.getLong(8) : -1;
      ByteBuffer large = slice(place, END64_BYTES, what);
      if (large.getInt(0) != END64) {
        throw fault(what, "none at byte " + place);
      }
      count = large.getLong(32);
      size = large.getLong(40);
      begin = large.getLong(48);
    }
    if (size > MAX_DIRECTORY) {
      throw fault("a zip directory of at most " + MAX_DIRECTORY + " bytes", size);
    }
    String what = "a zip directory of " + size + " bytes at byte " + begin;
    ByteBuffer directory = slice(begin, size, what);
    for (long i = 0; i < count; i++) {
      if (directory.remaining() < CENTRAL_BYTES
          || directory.getInt(directory.position()) != CENTRAL) {
        throw fault(what + " with " + count + " entries", i);
      }
      readEntry(directory);
    }
  }

  /** The record that ends a zip, before a comment that may be empty. */
  private long end() throws IOException {
    long lowest = Math.max(0, file.size() - END_BYTES - MAX_COMMENT);
    for (long at = file.size() - END_BYTES; at >= lowest; at--) {
      ByteBuffer record = file.slice(at, END_BYTES);
      if (record.getInt(0) == END && u16(record, 20) == file.size() - at - END_BYTES) {
        return at;
      }
    }
    throw fault("a zip that ends with its directory", "none: no zip, or a truncated one");
  }

  private void readEntry(ByteBuffer directory) throws IOException {
    ByteBuffer fixed = next(directory, CENTRAL_BYTES);
    byte[] text = new byte[u16(fixed, 28)];
    next(directory, text.length).get(text);
    String name = new String(text, StandardCharsets.UTF_8);
    ByteBuffer extra = next(directory, u16(fixed, 30));
    next(directory, u16(fixed, 32));
    ByteBuffer large = zip64(extra);
    long size = number(fixed, 24, large);
    long packed = number(fixed, 20, large);
    long header = number(fixed, 42, large);
    boolean encrypted = (u16(fixed, 8) & 1) != 0;
    Entry entry = new Entry(u16(fixed, 10), encrypted, size, packed, header);
    if (size < 0 || entries.put(name, entry) != null) {
      throw fault("one entry " + name + " of a size", size < 0 ? size : "two");
    }
    if (entries.size() == 1) {
      root = name.substring(0, name.indexOf('/') + 1);
    }
  }

  private ByteBuffer next(ByteBuffer directory, int length) throws IOException {
    if (length > directory.remaining()) {
      throw fault("whole entries in the zip directory", "an entry that ends after it");
    }
    ByteBuffer next = directory.slice(directory.position(), length).order(directory.order());
    directory.position(directory.position() + length);
    return next;
  }

  private ByteBuffer zip64(ByteBuffer extra) throws IOException {
    while (extra.remaining() >= 4) {
      int kind = extra.getShort() & 0xFFFF;
      ByteBuffer field = next(extra, extra.getShort() & 0xFFFF);
      if (kind == ZIP64) {
        return field;
      }
    }
    return ByteBuffer.allocate(0);
  }

  private long number(ByteBuffer fixed, int at, ByteBuffer large) throws IOException {
    long small = u32(fixed, at);
    if (small != ONES) {
      return small;
    }
    if (large.remaining() < Long.BYTES) {
      throw fault("a zip64 number for an entry of the zip directory", "none");
    }
    return large.getLong();
  }

  private ByteBuffer slice(long from, long length, String expected) throws IOException {
    if (from < 0 || length < 0 || length > file.size() || from > file.size() - length) {
      throw fault(expected, "a place outside the file of " + file.size() + " bytes");
    }
    return file.slice(from, (int) length);
  }

  private static int u16(ByteBuffer bytes, int at) {
    return bytes.getShort(at) & 0xFFFF;
  }

  private static long u32(ByteBuffer bytes, int at) {
    return bytes.getInt(at) & ONES;
  }

  private MalformedFileException fault(String expected, Object found) {
    return new MalformedFileException(path, expected, found);
  }
}
