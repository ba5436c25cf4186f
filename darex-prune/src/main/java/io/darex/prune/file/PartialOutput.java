package io.darex.prune.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Writes all of an output or nothing, and goes on where an earlier run of the same work was cut
 * short. It grows under the name {@code .NAME.partial} beside the target, a file or a folder, with
 * a {@link Journal} of what is done; when complete it is synced and renamed.
 */
public final class PartialOutput {
  private final Path path;
  private final String identity;
  private final Journal journal;
  private final List<String> done;

  private PartialOutput(Path path, Journal journal, String identity) throws IOException {
    this.path = path;
    this.journal = journal;
    this.identity = identity;
    if (Output.exists(path)) {
      journal.requireOurs(path);
    }
    Optional<List<String>> resumed = journal.resume(identity);
    if (resumed.isEmpty()) {
      AtomicWrite.delete(path);
    }
    done = resumed.orElse(List.of());
  }

  /** Makes an output complete. */
  @FunctionalInterface
  public interface Work {
    /** Writes what {@code output} lacks. */
    void complete(PartialOutput output) throws IOException;
  }

  /**
   * Writes an output.
   *
   * @param identity what the work is known by; where there is none it is never continued
   * @throws FileAlreadyExistsException if it exists and is not to be replaced
   * @throws RefusedOutputException if it, or what has the name of its unfinished part, is not ours
   * @throws IOException if it cannot be written; the work then waits to be continued, unless it has
   *     no identity. After an unchecked exception or a {@link MalformedFileException}, which mean
   *     input that another run would refuse again, nothing is left.
   */
  public static void write(AtomicWrite.Place place, Optional<String> identity, Work work)
      throws IOException {
    place.prepare();
    Path target = place.target();
    try (Journal journal = Journal.open(target)) {
      Path path = target.resolveSibling("." + target.getFileName() + ".partial");
      PartialOutput output;
      try {
        place.requireFree();
        output = new PartialOutput(path, journal, identity.orElse(UUID.randomUUID().toString()));
      } catch (IOException e) {
        journal.deleteIfNew();
        throw e;
      }
      try {
        work.complete(output);
        AtomicWrite.commit(path, place);
      } catch (RuntimeException | MalformedFileException e) {
        discard(path, journal, e);
        throw e;
      } catch (IOException e) {
        if (identity.isEmpty()) {
          discard(path, journal, e);
        }
        throw explained(target, identity.isPresent(), e);
      }
      journal.delete();
    }
  }

  private static void discard(Path path, Journal journal, Exception reason) {
    try {
      AtomicWrite.delete(path);
      journal.delete();
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
  }

  private static IOException explained(Path target, boolean continued, IOException e) {
    if (e instanceof FileAlreadyExistsException || e instanceof RefusedOutputException) {
      return e;
    }
    Throwable root = e;
    while (root.getCause() instanceof IOException cause) {
      root = cause;
    }
    return new IOException(
        target
            + ": could not be written: "
            + FileFaults.sentence((IOException) root)
            + (continued ? "; what is done is kept, and running again continues" : ""),
        e);
  }

  public Path path() {
    return path;
  }

  /** Opens the unfinished file: that of an earlier run, which is ours, or a new one. */
  public FileChannel channel() throws IOException {
    return FileChannel.open(
        path,
        Output.exists(path) ? StandardOpenOption.WRITE : StandardOpenOption.CREATE_NEW,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        LinkOption.NOFOLLOW_LINKS);
  }

  /** Writes a small file of the unfinished folder, over that of an earlier run. */
  public void put(String name, byte[] content) throws IOException {
    Path file = path.resolve(name);
    Files.createDirectories(file.getParent());
    Files.deleteIfExists(file);
    Files.write(file, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** Drops from the unfinished folder what runs that were killed left beside these files. */
  public void retain(Set<String> names) throws IOException {
    try (Stream<Path> entries = Files.list(path)) {
      for (Path entry : entries.toList()) {
        if (!names.contains(entry.getFileName().toString())) {
          Files.delete(entry);
        }
      }
    }
  }

  /** What {@link #record} was told by earlier runs. */
  public List<String> done() {
    return done;
  }

  /** Remembers lines, each ended by a newline, for a run that has to continue this one. */
  public void record(String lines) throws IOException {
    journal.append(identity, lines);
  }
}
