package io.darex.bench.bundle;

import io.darex.prune.file.MalformedFileException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Reads a part of a file from its beginning to its end, and nothing outside it. */
final class Cursor {
  private static final int LOW = 0x7F;
  private static final int VARINT_BITS = 63;

  private final Path file;
  private final ByteBuffer bytes;

  private Cursor(Path file, ByteBuffer bytes) {
    this.file = file;
    this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * One over bytes {@code [from, from + length)}.
   *
   * @throws MalformedFileException if the file is shorter
   */
  static Cursor of(Path file, byte[] bytes, long from, long length) throws MalformedFileException {
    if (from < 0 || length < 0 || from > bytes.length || length > bytes.length - from) {
      throw new MalformedFileException(
          file, length + " bytes from byte " + from, bytes.length + " bytes in all");
    }
    return new Cursor(file, ByteBuffer.wrap(bytes, (int) from, (int) length).slice());
  }

  boolean atEnd() {
    return !bytes.hasRemaining();
  }

  /** A number of up to 63 bits, seven in each byte, the lowest first. */
  long varint() throws MalformedFileException {
    long value = 0;
    for (int shift = 0; shift < VARINT_BITS; shift += 7) {
      need(1);
      byte next = bytes.get();
      value |= (long) (next & LOW) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new MalformedFileException(file, "a number of at most 63 bits", "a longer one");
  }

  int int32() throws MalformedFileException {
    need(Integer.BYTES);
    return bytes.getInt();
  }

  long int64() throws MalformedFileException {
    need(Long.BYTES);
    return bytes.getLong();
  }

  byte[] bytes(long length) throws MalformedFileException {
    need(length);
    byte[] result = new byte[(int) length];
    bytes.get(result);
    return result;
  }

  private void need(long length) throws MalformedFileException {
    if (length > bytes.remaining()) {
      throw new MalformedFileException(file, length + " more bytes", bytes.remaining());
    }
  }
}
