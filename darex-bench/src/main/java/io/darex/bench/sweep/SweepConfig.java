package io.darex.bench.sweep;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import io.darex.bench.config.RunConfig;
import io.darex.bench.config.Section;
import io.darex.bench.report.CandidateResult;
import io.darex.bench.report.Goal;
import io.darex.prune.parameter.Range;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.deeplearning4j.arbiter.optimize.api.Candidate;
import org.deeplearning4j.arbiter.optimize.api.CandidateGenerator;

/**
 * One YAML file that {@code darex sweep} accepts: a configuration of {@code darex run} in which any
 * value may be a space, and a section {@code sweep}.
 */
public final class SweepConfig {
  private static final Range ANY = new Range("a finite number", Double::isFinite);
  private static final int POINTS = 5;

  /** Weeks of work, each a second; all of them are checked before the first. */
  private static final int MOST = 100_000;

  private static final int POPULATION = 12;
  private static final List<String> TASK_FILES = List.of("train", "dev", "test");
  private static final JsonMapper YAML =
      new JsonMapper(new YAMLFactory().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER));

  private final Section top;
  private final OptionalInt cores;
  private final ObjectNode tree;
  private final List<Axis> axes;
  private final Search search;
  private final long seed;
  private final int points;
  private final int population;
  private final int candidates;
  private final double minutes;
  private final int patience;
  private final Goal goal;
  private final OptionalInt parallel;
  private final int threads;

  private SweepConfig(Section top, OptionalInt cores) {
    this.top = top;
    this.cores = cores;
    if (!top.isMapping("sweep")) {
      throw top.bad("sweep", "a section 'sweep' that says how to search");
    }
    tree = top.tree("task");
    tree.remove("sweep");
    axes = Axis.find(top, tree);
    if (axes.isEmpty()) {
      throw top.bad("sweep", "at least one key with a space, such as lambda: {loguniform: [a, b]}");
    }
    corners().forEach(this::run);
    Section sweep = top.section("sweep");
    search = sweep.constant("search", Search.RANDOM);
    seed = sweep.whole("seed", 0, Range.SEED);
    points = (int) sweep.whole("points", POINTS, Range.whole(2, 1000));
    population = (int) sweep.whole("population", POPULATION, Range.whole(4, 10_000));
    candidates = candidates(sweep);
    minutes = sweep.number("minutes", Double.POSITIVE_INFINITY, Range.POSITIVE);
    patience = (int) sweep.whole("patience", 0, Range.whole(0, Integer.MAX_VALUE));
    goal = goal(sweep);
    boolean counted = sweep.has("parallel");
    int wanted = (int) sweep.whole("parallel", 1, Range.COUNT);
    parallel = counted ? OptionalInt.of(wanted) : OptionalInt.empty();
    int most = cores.orElse(wanted);
    if (!sweep.has("threads") && wanted > most) {
      throw sweep.bad(
          "parallel",
          "at most " + most + ", the processors there are, unless 'threads' is given too");
    }
    threads = (int) sweep.whole("threads", Math.max(1, most / wanted), Range.COUNT);
    sweep.end();
  }

  /**
   * Reads and checks a whole file: every end of every range and every choice is one that a run
   * accepts, and on a grid or with random search every candidate is.
   *
   * @throws io.darex.bench.console.BadInputException naming file, line, what was expected and what
   *     came
   */
  public static SweepConfig read(Path file) {
    return read(file, OptionalInt.of(Runtime.getRuntime().availableProcessors()));
  }

  /**
   * As {@link #read(Path)}, for a cluster, whose processors are not this machine's: any number of
   * candidates at the same time, each on one thread unless 'threads' is given.
   */
  public static SweepConfig readForCluster(Path file) {
    return read(file, OptionalInt.empty());
  }

  /** This one with other texts at the top of the file, by key; with none it is the same. */
  public SweepConfig with(SortedMap<String, String> texts) {
    Section changed = top;
    for (Map.Entry<String, String> text : texts.entrySet()) {
      changed = changed.with(text.getKey(), text.getValue());
    }
    return texts.isEmpty() ? this : new SweepConfig(changed, cores);
  }

  /** Checks the ends of ranges and the choices, not every candidate. */
  static SweepConfig check(Path file, OptionalInt cores) {
    return new SweepConfig(Section.read(file), cores);
  }

  static SweepConfig read(Path file, OptionalInt cores) {
    SweepConfig config = check(file, cores);
    config.foreseeable().forEach(config::run);
    return config;
  }

  private int candidates(Section sweep) {
    if (search != Search.GRID) {
      if (!sweep.has("candidates")) {
        throw sweep.bad("candidates", "the key 'candidates', how many to try");
      }
      return (int) sweep.whole("candidates", 1, Range.whole(1, MOST));
    }
    long combinations = 1;
    for (Axis axis : axes) {
      combinations *= axis.values(points);
      if (combinations > MOST) {
        throw sweep.bad("points", "a grid of at most " + MOST + " combinations");
      }
    }
    return (int) Math.min(combinations, sweep.whole("candidates", combinations, Range.COUNT));
  }

  private Goal goal(Section sweep) {
    String primary = run(first()).task().scoring().primary();
    List<String> names =
        new ArrayList<>(
            List.of(CandidateResult.PRUNED, CandidateResult.TUNED, CandidateResult.BYTES, primary));
    if (run(first()).tuned().isPresent()) {
      names.remove(CandidateResult.TUNED);
    } else {
      names.add(CandidateResult.DELTA);
    }
    List<String> objectives =
        sweep.names("objective", List.of(CandidateResult.PRUNED), names).stream()
            .map(name -> name.equals(primary) ? CandidateResult.PRUNED : name)
            .distinct()
            .toList();
    if (objectives.size() > 2) {
      throw sweep.bad("objective", "one or two objectives");
    }
    return new Goal(objectives, sweep.number("floor", Double.NEGATIVE_INFINITY, ANY));
  }

  /** The first value of every axis. */
  private List<JsonNode> first() {
    return axes.stream().map(axis -> axis.extremes().get(0)).toList();
  }

  /** Every extreme of one axis beside the first of the others, so that errors tell which it is. */
  private List<List<JsonNode>> corners() {
    List<List<JsonNode>> corners = new ArrayList<>();
    for (int i = 0; i < axes.size(); i++) {
      for (JsonNode extreme : axes.get(i).extremes()) {
        List<JsonNode> values = new ArrayList<>(first());
        values.set(i, extreme);
        corners.add(values);
      }
    }
    return corners;
  }

  /** The files and folders that candidates name and read. */
  List<Path> inputs() {
    return corners().stream().flatMap(values -> run(values).inputs().stream()).distinct().toList();
  }

  /** The candidates that are known beforehand: all but those of a genetic search. */
  @SuppressWarnings("unchecked") // Arbiter's generators have no type of candidates
  List<List<JsonNode>> foreseeable() {
    List<List<JsonNode>> all = new ArrayList<>();
    if (search != Search.GENETIC) {
      CandidateGenerator generator = generator();
      while (all.size() < candidates && generator.hasMoreCandidates()) {
        Candidate<?> candidate = generator.getCandidate();
        all.add((List<JsonNode>) candidate.getValue());
      }
    }
    return all;
  }

  CandidateGenerator generator() {
    return search.generator(new Space(axes), seed, points, population);
  }

  /** The configuration of one candidate, as {@code darex run} would read it. */
  RunConfig run(List<JsonNode> values) {
    return RunConfig.from(top.withTree(resolve(values)));
  }

  /**
   * The file of one candidate, which lies elsewhere: paths are absolute, and a user's own data keep
   * their name.
   */
  String yaml(List<JsonNode> values) {
    ObjectNode resolved = resolve(values);
    RunConfig run = run(values);
    if (resolved.get("task") instanceof ObjectNode task) {
      // It would be named after the file, and its name belongs to a fine-tune's job.
      task.put("name", run.task().name());
      TASK_FILES.forEach(key -> makeAbsolute(task, key));
    }
    if (run.encoderFolder().isPresent()) {
      makeAbsolute(resolved, "encoder");
    }
    makeAbsolute(resolved, "tuned");
    if (resolved.get("finetune") instanceof ObjectNode finetune) {
      makeAbsolute(finetune, "support");
    }
    JsonNode prune = resolved.path("prune");
    for (JsonNode section : prune.isArray() ? prune : List.of(prune)) {
      if (section instanceof ObjectNode mapping) {
        makeAbsolute(mapping, "qFile");
      }
    }
    try {
      return YAML.writeValueAsString(resolved);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private void makeAbsolute(ObjectNode mapping, String key) {
    JsonNode value = mapping.path(key);
    if (value instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        list.set(i, absolute(key, list.get(i)));
      }
    } else if (mapping.hasNonNull(key)) {
      mapping.set(key, absolute(key, value));
    }
  }

  private JsonNode absolute(String key, JsonNode path) {
    return TextNode.valueOf(top.beside(key, path.asText()).toAbsolutePath().normalize().toString());
  }

  private ObjectNode resolve(List<JsonNode> values) {
    ObjectNode resolved = tree.deepCopy();
    for (int i = 0; i < axes.size(); i++) {
      JsonPointer place = axes.get(i).place();
      JsonNode parent = resolved.at(place.head());
      if (parent instanceof ObjectNode mapping) {
        mapping.set(place.last().getMatchingProperty(), values.get(i));
      } else {
        ((ArrayNode) parent).set(place.last().getMatchingIndex(), values.get(i));
      }
    }
    return resolved;
  }

  /** Values by the names of their axes. */
  Map<String, JsonNode> named(List<JsonNode> values) {
    Map<String, JsonNode> named = new LinkedHashMap<>();
    for (int i = 0; i < axes.size(); i++) {
      named.put(axes.get(i).name(), values.get(i));
    }
    return named;
  }

  /**
   * SHA-256 of all that determines candidate i: not of how many there are, how they are compared,
   * when the search ends and how it is run, but for a genetic search, whose candidates descend from
   * scores in an order.
   */
  String digest() {
    ObjectNode said = new JsonMapper().createObjectNode();
    said.set("run", tree);
    said.put("search", search.toString()).put("seed", seed);
    if (search == Search.GRID) {
      said.put("points", points);
    }
    if (search == Search.GENETIC) {
      said.put("population", population).put("lag", lag()).put("goal", goal.toString());
    }
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      byte[] text = said.toString().getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(sha.digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Engine, device and precision, where they are the same for all candidates and said. */
  SortedMap<String, String> engine() {
    SortedMap<String, String> said = new TreeMap<>();
    for (String key : List.of("engine", "device", "precision")) {
      if (tree.path(key).isTextual()) {
        said.put(key, tree.path(key).asText());
      }
    }
    return said;
  }

  /** The file. */
  public Path file() {
    return top.file();
  }

  /** The name of the file without its ending; names the output folder. */
  public String name() {
    return run(first()).name();
  }

  List<Axis> axes() {
    return axes;
  }

  Search search() {
    return search;
  }

  /** How many there are to be. */
  public int candidates() {
    return candidates;
  }

  double minutes() {
    return minutes;
  }

  /** Candidates without a better one after which the search ends; 0 never ends it. */
  int patience() {
    return patience;
  }

  /** What is looked for. */
  public Goal goal() {
    return goal;
  }

  /**
   * Candidates at the same time: as many as the file says, or else as there is room for; in a
   * genetic search {@link #lag}, for more would only wait.
   */
  int parallel(int room) {
    return search == Search.GENETIC ? lag() : parallel.orElse(room);
  }

  /** How many candidates of a genetic search are made after one before its result is awaited. */
  int lag() {
    return parallel.orElse(1);
  }

  /** Threads of one of them. */
  public int threads() {
    return threads;
  }
}
