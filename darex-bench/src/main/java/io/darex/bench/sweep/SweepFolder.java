package io.darex.bench.sweep;

import io.darex.bench.console.BadInputException;
import io.darex.bench.pipeline.FolderLock;
import io.darex.bench.pipeline.SharedRuns;
import io.darex.prune.file.Contents;
import io.darex.prune.file.RefusedOutputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What of a folder belongs to a sweep, and may be deleted by the next. */
final class SweepFolder {
  private static final String DIGEST = "[0-9a-f]{64}";

  private static final Contents CANDIDATES =
      Contents.none()
          .file("\\d{3,}\\.yml")
          .folder("\\d{3,}", any -> SharedRuns.contents())
          .temporaries();

  private static final Contents FINETUNES =
      Contents.none().folder(DIGEST, any -> SharedRuns.contents());

  private static final Contents OURS =
      Contents.none()
          .file(Pattern.quote(Journal.FILE))
          .folder("candidates", any -> CANDIDATES)
          .folder("finetunes", any -> FINETUNES)
          .folder(Pattern.quote(SharedRuns.LOCKS), any -> Contents.none().file(DIGEST))
          .file("report\\.(md|html)|sweep-.+\\.(png|svg)")
          .kept(Pattern.quote(FolderLock.FILE))
          .temporaries();

  private SweepFolder() {}

  /** Deletes all of an earlier sweep. */
  static void clear(Path folder) throws IOException {
    OURS.clear(folder);
  }

  static void requireClearable(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      Path journal = folder.resolve(Journal.FILE);
      Optional<Path> foreign = OURS.foreign(folder);
      if (foreign.isEmpty() && !Files.exists(journal)) {
        foreign = strange(folder); // reports are a common word
      } else if (foreign.isEmpty() && !Journal.isOne(journal)) {
        foreign = Optional.of(journal.getFileName());
      }
      if (foreign.isPresent()) {
        throw new RefusedOutputException(
            folder,
            "expected nothing but a sweep of darex, got "
                + foreign.get()
                + "; nothing was deleted, --out names another folder");
      }
    }
  }

  static void requireOurs(Path folder) throws IOException {
    if (Files.isDirectory(folder)
        && !Files.exists(folder.resolve(Journal.FILE))
        && strange(folder).isPresent()) {
      throw new BadInputException(
          folder
              + ": expected no such folder, an empty one or one of darex sweep; got other files");
    }
  }

  /** Of a folder without a journal, what is there. */
  private static Optional<Path> strange(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(Path::getFileName).filter(e -> !e.endsWith(FolderLock.FILE)).findFirst();
    }
  }
}
