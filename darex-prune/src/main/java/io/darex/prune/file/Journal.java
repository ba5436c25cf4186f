package io.darex.prune.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What is done of an unfinished output: a text file beside it, first a line with its identity, then
 * a line for each part that is done. Whoever has it open is the one who works on that output, for
 * it is locked. The lock is on this file and not on the output because on POSIX systems a process
 * loses its lock on a file as soon as it closes any channel to it.
 */
final class Journal implements Closeable {
  private static final String FIRST_LINE = "darex journal 1 ";

  private final LockedFile file;
  private final FileChannel channel;
  private boolean begun;

  private Journal(LockedFile file) {
    this.file = file;
    this.channel = file.channel();
  }

  /**
   * Opens and locks the journal of {@code target}; it is empty if there was none.
   *
   * @throws RefusedOutputException if what has its name is not ours
   * @throws IOException if someone else is at work on the same target
   */
  static Journal open(Path target) throws IOException {
    String name = "." + target.getFileName() + ".partial.journal";
    Path path = AtomicWrite.parent(target).resolve(name);
    LockedFile file = LockedFile.open(path, holder -> inUse(target));
    try {
      Journal journal = new Journal(file);
      if (file.existed()) {
        journal.requireOurs();
      }
      return journal;
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Who owns it is compared with a new file here: in a folder of several users it tells. */
  private void requireOurs() throws IOException {
    Path path = file.path();
    String text = text();
    boolean lost = text.chars().allMatch(c -> c == 0); // its bytes, when the power failed
    if (!lost && !FIRST_LINE.startsWith(text) && !text.startsWith(FIRST_LINE)) {
      throw foreign(path, "another text");
    }
    Path probe = path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + ".tmp");
    Files.createFile(probe);
    try {
      requireOwnedAs(probe, path);
    } finally {
      Files.delete(probe);
    }
  }

  /**
   * Refuses what is not the unfinished output of whoever wrote this journal: it was not there
   * before, or there is a link, or something of somebody else.
   *
   * @throws RefusedOutputException if so
   */
  void requireOurs(Path partial) throws IOException {
    if (!file.existed()) {
      throw foreign(partial, Output.kind(partial) + " without its journal");
    }
    boolean folder = Files.isDirectory(partial, LinkOption.NOFOLLOW_LINKS);
    if (!folder && !Files.isRegularFile(partial, LinkOption.NOFOLLOW_LINKS)) {
      throw foreign(partial, Output.kind(partial));
    }
    requireOwnedAs(file.path(), partial);
    if (folder) {
      Optional<Path> strange = Contents.none().file(".*").foreign(partial);
      if (strange.isPresent()) {
        Path path = partial.resolve(strange.get());
        throw foreign(path, Output.kind(path));
      }
    }
  }

  private static void requireOwnedAs(Path ours, Path other) throws IOException {
    Set<String> views = other.getFileSystem().supportedFileAttributeViews();
    if (views.contains("owner")
        && !Files.getOwner(other, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(ours))) {
      throw foreign(other, "one of user " + Files.getOwner(other, LinkOption.NOFOLLOW_LINKS));
    }
    if (views.contains("unix")
        && Files.isRegularFile(other)
        && (int) Files.getAttribute(other, "unix:nlink", LinkOption.NOFOLLOW_LINKS) > 1) {
      throw foreign(other, "a file with another name besides");
    }
  }

  private static RefusedOutputException foreign(Path path, String found) {
    return new RefusedOutputException(
        path,
        "expected the unfinished output of an earlier darex or nothing, got "
            + found
            + "; remove it or choose another name for the output");
  }

  private static IOException inUse(Path target) {
    return new IOException(
        target + ": someone else is writing it just now; wait for its end or choose another name");
  }

  /**
   * The lines of parts done under that identity. If there is another one or none that can be read,
   * the journal is emptied and the answer is nothing.
   */
  Optional<List<String>> resume(String identity) throws IOException {
    String text = text();
    // The process may have ended within a line.
    int whole = text.lastIndexOf('\n') + 1;
    List<String> lines = text.substring(0, whole).lines().toList();
    begun = !lines.isEmpty() && lines.get(0).equals(FIRST_LINE + identity);
    channel.truncate(begun ? whole : 0).position(channel.size());
    return begun ? Optional.of(lines.subList(1, lines.size())) : Optional.empty();
  }

  private String text() throws IOException {
    int size = Math.toIntExact(channel.size());
    return LockedFile.text(channel, size, StandardCharsets.ISO_8859_1);
  }

  /** Adds lines, each ended by a newline. */
  void append(String identity, String lines) throws IOException {
    String text = begun ? lines : FIRST_LINE + identity + "\n" + lines;
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    begun = true;
  }

  /** Deletes it while the lock is held, so that nobody's new journal is met. */
  void delete() throws IOException {
    file.delete();
  }

  /** As {@link #delete}, for one that has nothing to tell a later run. */
  void deleteIfNew() throws IOException {
    if (!file.existed()) {
      file.delete();
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
