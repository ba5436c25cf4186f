package io.darex.bench.sweep;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.bench.cluster.Work;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.console.Terminal;
import io.darex.bench.encoder.Backend;
import io.darex.bench.report.CandidateResult;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A candidate for a machine of a cluster, which reads configuration and data itself and writes to
 * the sweep's folder; the journal is the driver's.
 *
 * @param sweep which it is of
 * @param number of the candidate
 * @param values of the axes, as JSON
 */
record CandidateWork(Source sweep, int number, String values) implements Work {
  private static final JsonMapper JSON = new JsonMapper();

  /** One for each sweep that this process has met, so that its candidates share what they can. */
  private static final Map<Source, Evaluator> EVALUATORS = new HashMap<>();

  /**
   * Where a sweep is read from, on every machine.
   *
   * @param config its file
   * @param engine engine, device and precision, which may not be in the file
   * @param digest of what the driver has read there
   * @param glue the GLUE folder; null where none was named
   * @param folder of the sweep
   */
  record Source(
      String config, TreeMap<String, String> engine, String digest, String glue, String folder)
      implements Serializable {
    static Source of(SweepConfig config, Optional<Path> glue, Path folder) {
      return new Source(
          Work.path(config.file()),
          new TreeMap<>(config.engine()),
          config.digest(),
          glue.map(Work::path).orElse(null),
          Work.path(folder));
    }
  }

  static CandidateWork of(Source sweep, int number, List<JsonNode> values) {
    return new CandidateWork(sweep, number, JSON.valueToTree(values).toString());
  }

  /** The line of the journal that {@link #run} gives, read again. */
  static CandidateResult trial(String line) throws IOException {
    return JSON.readValue(line, CandidateResult.class);
  }

  @Override
  public String run() throws IOException {
    List<JsonNode> read = new ArrayList<>();
    JSON.readTree(values).forEach(read::add);
    Evaluator evaluator = evaluator(sweep);
    // What this machine lacks is no fault of the candidate.
    evaluator.prepare(read);
    return JSON.writeValueAsString(evaluator.evaluate(number, read));
  }

  private static synchronized Evaluator evaluator(Source sweep) {
    Evaluator known = EVALUATORS.get(sweep);
    if (known != null) {
      return known;
    }
    Path file = Path.of(sweep.config);
    SweepConfig config = SweepConfig.readForCluster(file).with(sweep.engine);
    if (!config.digest().equals(sweep.digest)) {
      throw new BadInputException(
          file + ": expected the file that the sweep was started with, got another");
    }
    Backend.prepare(new Console(System.out, new Terminal(System.err), true));
    Optional<Path> glue = Optional.ofNullable(sweep.glue).map(Path::of);
    Evaluator made = new Evaluator(config, glue, Path.of(sweep.folder));
    EVALUATORS.put(sweep, made);
    return made;
  }

  /** Lets work that is done in this process use what is there already. */
  static synchronized void share(Source sweep, Evaluator evaluator) {
    EVALUATORS.put(sweep, evaluator);
  }

  /** Frees what this process has kept of a sweep. */
  static synchronized void forget(Source sweep) {
    Evaluator known = EVALUATORS.remove(sweep);
    if (known != null) {
      known.close();
    }
  }
}
