package io.darex.prune.file;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Text files of an input, such as {@code config.json}: read whole, and refused by name. */
public final class InputFile {
  /** Far above any tokenizer's; what is larger is not the file that was meant. */
  private static final int MOST = 1 << 28;

  private static final int HEAD = 512;

  private InputFile() {}

  /**
   * The text of a UTF-8 file.
   *
   * @throws IOException as {@link #utf8}
   */
  public static String text(Path file) throws IOException {
    return decoded(file, bytes(file)).toString();
  }

  /**
   * The bytes of a UTF-8 file.
   *
   * @throws NoSuchFileException if there is none
   * @throws MalformedFileException if it is a folder, larger than any text of a model, not UTF-8,
   *     or what a download that went wrong leaves: a Git LFS pointer, a web page, an archive
   * @throws IOException if it cannot be read, naming the file
   */
  public static byte[] utf8(Path file) throws IOException {
    byte[] bytes = bytes(file);
    decoded(file, bytes); // refuses what is not UTF-8
    return bytes;
  }

  private static byte[] bytes(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = open(file)) {
      bytes = in.readNBytes(MOST + 1);
    }
    if (bytes.length > MOST) {
      throw new MalformedFileException(file, "a text of at most " + MOST + " bytes", "more");
    }
    return bytes;
  }

  private static CharBuffer decoded(Path file, byte[] bytes) throws MalformedFileException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
    } catch (CharacterCodingException e) {
      throw new MalformedFileException(file, "UTF-8", "other bytes");
    }
  }

  /**
   * Opens a text of any length; whether it is UTF-8 is not known then.
   *
   * @throws IOException as {@link #utf8}, but for what only the whole can tell
   */
  public static InputStream open(Path file) throws IOException {
    requireReadable(file);
    InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    try {
      in.mark(HEAD);
      Optional<String> other = otherThanText(in.readNBytes(HEAD));
      if (other.isPresent()) {
        throw new MalformedFileException(file, "a text", other.get());
      }
      in.reset();
      return in;
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  /**
   * Checks that there is a file that may be read, where its absence, a folder, and a permission
   * that is missing look alike to {@link Files#isRegularFile}.
   *
   * @throws NoSuchFileException if there is none
   * @throws AccessDeniedException if it may not be read, or a folder on the way to it
   * @throws MalformedFileException if it is a folder
   */
  public static void requireReadable(Path file) throws IOException {
    if (Files.readAttributes(file, BasicFileAttributes.class).isDirectory()) {
      throw new MalformedFileException(file, "a file", "a folder");
    }
    if (!Files.isReadable(file)) {
      throw new AccessDeniedException(file.toString());
    }
  }

  /**
   * Checks that what is in a folder can be seen: to one without that permission it looks empty.
   *
   * @throws NoSuchFileException if there is nothing at {@code path}
   * @throws AccessDeniedException if it may not be read or entered
   */
  public static void requireOpen(Path path) throws IOException {
    boolean folder = Files.readAttributes(path, BasicFileAttributes.class).isDirectory();
    if (!Files.isReadable(path) || (folder && !Files.isExecutable(path))) {
      throw new AccessDeniedException(path.toString());
    }
  }

  /** What a file is that begins so, if it is one of those met in place of a text. */
  public static Optional<String> otherThanText(byte[] begin) {
    String head =
        new String(Arrays.copyOf(begin, Math.min(begin.length, HEAD)), StandardCharsets.ISO_8859_1);
    String words = head.replace("\u00EF\u00BB\u00BF", "").stripLeading().toLowerCase(Locale.ROOT);
    if (words.startsWith("version https://git-lfs.")) {
      return Optional.of("a Git LFS pointer; 'git lfs pull' fetches the file itself");
    }
    if (words.startsWith("<!doctype html") || words.startsWith("<html")) {
      return Optional.of("a web page, as a download that was refused leaves it");
    }
    if (head.startsWith("PK\u0003\u0004")) {
      return Optional.of("a zip archive");
    }
    if (head.startsWith("\u001F\u008B")) {
      return Optional.of("a gzip archive");
    }
    return Optional.empty();
  }
}
