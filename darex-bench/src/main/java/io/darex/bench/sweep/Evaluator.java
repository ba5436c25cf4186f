package io.darex.bench.sweep;

import com.fasterxml.jackson.databind.JsonNode;
import io.darex.bench.config.RunConfig;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.console.Fault;
import io.darex.bench.console.Terminal;
import io.darex.bench.pipeline.SharedRuns;
import io.darex.bench.report.CandidateResult;
import io.darex.bench.report.SweepReport;
import io.darex.prune.file.AtomicWrite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Computes candidates of one sweep; any thread may ask it, and any process that has its folder. */
final class Evaluator implements AutoCloseable {
  private final SweepConfig config;
  private final Path folder;
  private final SharedRuns trials;

  /**
   * @param glue the GLUE folder, where one was named
   * @param folder of the sweep
   */
  Evaluator(SweepConfig config, Optional<Path> glue, Path folder) {
    this.config = config;
    this.folder = folder;
    // What each run says would drown what the sweep says.
    Console quiet = new Console(System.out, new Terminal(System.err), true);
    trials = new SharedRuns(glue, folder.resolve("finetunes"), config.threads(), quiet);
  }

  SharedRuns trials() {
    return trials;
  }

  /**
   * Reads what a candidate needs.
   *
   * @throws BadInputException if it cannot be used
   */
  void prepare(List<JsonNode> values) throws IOException {
    trials.prepare(config.run(values));
  }

  /**
   * One candidate: a pure function of its number and values, wherever it is computed.
   *
   * @throws IOException if files cannot be read or written; the candidate is to be tried again then
   */
  CandidateResult evaluate(int number, List<JsonNode> values) throws IOException {
    Map<String, JsonNode> named = config.named(values);
    try {
      Path file = candidate(number, ".yml");
      String yaml = config.yaml(values);
      AtomicWrite.file(file, true, temporary -> Files.writeString(temporary, yaml));
      RunConfig run = config.run(values);
      return CandidateResult.done(number, named, trials.evaluate(run, candidate(number, "")));
    } catch (RuntimeException | OutOfMemoryError e) {
      return CandidateResult.failed(number, named, Fault.of(e).text());
    }
  }

  private Path candidate(int number, String ending) {
    return folder.resolve("candidates").resolve(SweepReport.number(number) + ending);
  }

  @Override
  public void close() {
    trials.close();
  }
}
