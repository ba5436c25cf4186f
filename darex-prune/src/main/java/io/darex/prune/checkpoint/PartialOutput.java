package io.darex.prune.checkpoint;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Writes all of an output or nothing, and goes on where an earlier run of the same work was cut
 * short. It grows under the name {@code .NAME.partial} beside the target, a file or a folder, with
 * a {@link Journal} of what is done; when complete it is synced and renamed.
 */
final class PartialOutput {
  private final Path path;
  private final String identity;
  private final Journal journal;
  private final List<String> done;

  private PartialOutput(Path path, Journal journal, String identity) throws IOException {
    this.path = path;
    this.journal = journal;
    this.identity = identity;
    Optional<List<String>> resumed = journal.resume(identity);
    if (resumed.isEmpty()) {
      AtomicWrite.delete(path);
    }
    done = resumed.orElse(List.of());
  }

  /** Makes an output complete. */
  @FunctionalInterface
  interface Work {
    /** Writes what {@code output} lacks. */
    void complete(PartialOutput output) throws IOException;
  }

  /**
   * Writes an output.
   *
   * @param identity what the work is known by; where there is none it is never continued
   * @throws FileAlreadyExistsException if it exists and {@code force} is not given
   * @throws IOException if it cannot be written; the work then waits to be continued, unless it has
   *     no identity. After an unchecked exception or a {@link MalformedFileException}, which mean
   *     input that another run would refuse again, nothing is left.
   */
  static void write(Path target, boolean force, Optional<String> identity, Work work)
      throws IOException {
    AtomicWrite.begin(target, force);
    try (Journal journal = Journal.open(target)) {
      Path path = target.resolveSibling("." + target.getFileName() + ".partial");
      try {
        AtomicWrite.checkFree(target, force);
        String unique = UUID.randomUUID().toString();
        work.complete(new PartialOutput(path, journal, identity.orElse(unique)));
        AtomicWrite.commit(path, target, force);
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
    if (e instanceof FileAlreadyExistsException) {
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

  Path path() {
    return path;
  }

  /** What {@link #record} was told by earlier runs. */
  List<String> done() {
    return done;
  }

  /** Remembers lines, each ended by a newline, for a run that has to continue this one. */
  void record(String lines) throws IOException {
    journal.append(identity, lines);
  }
}
