package io.darex.bench.sweep;

import com.fasterxml.jackson.databind.JsonNode;
import io.darex.bench.config.RunConfig;
import io.darex.bench.console.BadInputException;
import io.darex.bench.pipeline.SharedRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What is known of a sweep before it runs.
 *
 * @param candidates the values of all of them; none of a search that scores lead
 * @param untrained the fine-tunes that would be trained, and the bytes of their models
 * @param running how many of these are trained at the same time
 */
record Foreseen(List<List<JsonNode>> candidates, Map<String, Long> untrained, int running) {
  /**
   * Reads all data and encoders.
   *
   * @param done numbers of candidates
   * @throws BadInputException if a run's data or encoder cannot be used
   */
  static Foreseen of(SweepConfig config, SharedRuns runs, Set<Integer> done) throws IOException {
    List<List<JsonNode>> candidates = config.foreseeable();
    Map<String, Long> untrained = new HashMap<>();
    for (int i = 0; i < candidates.size(); i++) {
      RunConfig run = config.run(candidates.get(i));
      if (!done.contains(i)) {
        untrained.putAll(runs.untrained(run));
      }
      runs.prepare(run);
    }
    return new Foreseen(candidates, untrained, Math.min(config.parallel(1), untrained.size()));
  }

  /** What the fine-tunes take of the disk at most. */
  long bytes() {
    long largest = untrained.values().stream().mapToLong(Long::longValue).max().orElse(0);
    return untrained.values().stream().mapToLong(Long::longValue).sum()
        + (long) running * (SharedRuns.mostModels() - 1) * largest;
  }

  /**
   * Refuses a disk that is too small.
   *
   * @param folder of the sweep, which need not exist
   * @throws BadInputException if it is
   */
  void requireRoom(Path folder) throws IOException {
    Path there = folder.toAbsolutePath();
    while (!Files.exists(there)) {
      there = there.getParent();
    }
    long free = Files.getFileStore(there).getUsableSpace();
    if (bytes() > free) {
      throw new BadInputException(
          String.format(
              Locale.ROOT,
              "%s: expected %.1f GB free for %d fine-tunes, got %.1f GB",
              folder,
              bytes() / 1e9,
              untrained.size(),
              free / 1e9));
    }
  }
}
