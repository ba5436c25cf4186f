package io.darex.bench.task;

import io.darex.bench.console.BadInputException;
import io.darex.prune.file.FileFaults;
import io.darex.prune.file.InputFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads tab-separated UTF-8 as GLUE writes it: no quoting, so {@code "} is a character like any
 * other. A line ends at LF or CR LF, or with the file; a byte order mark is skipped. Lone CR,
 * U+0085 and U+2028 are text, where {@code BufferedReader} and regular expressions see line ends.
 */
final class Tsv {
  private Tsv() {}

  /** Takes the cells of a line, which counts from 1. */
  interface Line {
    void accept(int number, String[] cells);
  }

  /** Takes a line, which counts from 1, without its end. */
  interface Text {
    void accept(int number, String text);
  }

  /** As {@link #lines}, with every line cut at its tabs. */
  static void read(Path file, InputStream in, Line line) throws IOException {
    lines(file, in, (number, text) -> line.accept(number, text.split("\t", -1)));
  }

  /** What reads an open file. */
  interface Reading<T> {
    T of(InputStream in) throws IOException;
  }

  /**
   * Opens a file, and closes it when it is read.
   *
   * @throws BadInputException if it cannot be read
   */
  static <T> T open(Path file, Reading<T> reading) {
    try (InputStream in = InputFile.open(file)) {
      return reading.of(in);
    } catch (NoSuchFileException e) {
      throw new BadInputException(file + ": expected a file, got nothing of that name", e);
    } catch (IOException e) {
      throw new BadInputException(FileFaults.sentence(e), e);
    }
  }

  /**
   * Passes every line on, in order, with only one of them in memory; blank lines at the end, which
   * editors leave, are none.
   *
   * @param file what errors name
   * @throws BadInputException if a line is not UTF-8
   */
  static void lines(Path file, InputStream in, Text line) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 10);
    CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
    int number = 0;
    int blank = 0; // lines without a character just before, passed on if another follows
    int next = in.read();
    while (next >= 0) {
      bytes.reset();
      for (; next >= 0 && next != '\n'; next = in.read()) {
        bytes.write(next);
      }
      number++;
      String text = bare(decode(utf8, bytes, file, number), number);
      if (text.isEmpty()) {
        blank++;
      } else {
        for (; blank > 0; blank--) {
          line.accept(number - blank, "");
        }
        line.accept(number, text);
      }
      if (next == '\n') {
        next = in.read();
      }
    }
  }

  private static String bare(String line, int number) {
    int start = number == 1 && line.startsWith("\uFEFF") ? 1 : 0;
    int end = line.endsWith("\r") ? line.length() - 1 : line.length();
    return line.substring(start, Math.max(start, end));
  }

  private static String decode(
      CharsetDecoder utf8, ByteArrayOutputStream bytes, Path file, int line) {
    try {
      return utf8.decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
    } catch (CharacterCodingException e) {
      throw BadInputException.at(file, line, "UTF-8", "other bytes");
    }
  }
}
