package io.darex.bench.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.config.Names;
import io.darex.bench.console.BadInputException;
import io.darex.bench.report.Results;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.Contents;
import io.darex.prune.file.RefusedOutputException;
import io.darex.prune.folder.WrittenFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.io.file.PathUtils;

/**
 * Where the files of one run lie.
 *
 * @param path of the folder
 * @param tuned the folder of the tuned checkpoint
 */
record OutputFolder(Path path, Path tuned) {
  static final String RESULTS = "results.json";

  private static final String LOCK = Pattern.quote(FolderLock.FILE);

  private static final Contents DELTAS =
      Contents.none().file("[-+0-9.E]+-[A-Za-z0-9.-]+\\.safetensors").temporaries();

  private static final Contents TRAINING =
      Contents.none()
          .folder("epoch-\\d+(\\.adapter)?", OutputFolder::model)
          .file("epoch-\\d+\\.optimizer\\.safetensors|step\\.safetensors")
          .temporaries();

  /** All that a run writes, and so all that starting over removes. */
  private static final Contents RUN =
      Contents.none()
          .folder("training", any -> TRAINING)
          .folder("tuned|adapter", OutputFolder::model)
          .folder("deltas", any -> DELTAS)
          .file("training\\.(json|jsonl|png)|results\\.json|report\\.(md|html)")
          .file("(metric-against-(bytes|drop-rate(-.+)?)|searched-q-.+)\\.(png|svg)")
          .file("training-(loss|pull|delta|zeros)\\.svg")
          .temporaries();

  /** Of a method's name in a file's. */
  private static final int LONGEST = 100;

  /** A folder as {@link #seed} names them. */
  private static final Pattern SEED = Pattern.compile("seed--?\\d{1,16}");

  private static final Contents OURS = RUN.folder(SEED.pattern(), any -> RUN.file(LOCK)).kept(LOCK);

  /** What a run, a fine-tune of a sweep or a candidate that is not finished leaves in a folder. */
  public static Contents contents() {
    return RUN;
  }

  /** By the mark that the weights have, and by name: earlier versions did not mark them. */
  private static Contents model(Path folder) throws IOException {
    return WrittenFolder.contents(folder)
        .file("(model(-\\d{5}-of-\\d{5})?|adapter_model)\\.safetensors")
        .file("model\\.safetensors\\.index\\.json|(adapter_)?config\\.json|training\\.json")
        .file("tokenizer(_config)?\\.json|vocab\\.(txt|json)|merges\\.txt")
        .file("special_tokens_map\\.json|added_tokens\\.json");
  }

  /** One that holds its tuned checkpoint itself. */
  OutputFolder(Path path) {
    this(path, path.resolve("tuned"));
  }

  /** Of one of several fine-tunes: a folder like that of a run of it alone. */
  OutputFolder seed(long seed) {
    return new OutputFolder(path.resolve("seed-" + seed));
  }

  Path training() {
    return path.resolve("training");
  }

  /** The PEFT adapter beside {@link #tuned}, of a fine-tune that trains one. */
  Path adapter() {
    return path.resolve("adapter");
  }

  /** A file of its own for every cell, called what it is. */
  Path delta(String size, String method, long seed) {
    String slug = method.replaceAll("[^A-Za-z0-9.]+", "-");
    // Patterns may differ in what is lost here, and fill more than a file's name.
    if (!method.matches("[A-Za-z0-9.: -]*") || slug.length() > LONGEST) {
      String cut = slug.substring(0, Math.min(LONGEST, slug.length()));
      slug = cut + "-" + Names.digest(method);
    }
    String name = String.format(Locale.ROOT, "%s-%s-%d", size, slug, seed);
    return path.resolve("deltas").resolve(name + ".safetensors");
  }

  /**
   * What an earlier run of the same job left here.
   *
   * @param job what determines the tuned checkpoint
   * @throws BadInputException if the folder holds a run of another job, or something else
   */
  Optional<Results> resume(String job) throws IOException {
    Path file = path.resolve(RESULTS);
    if (Files.exists(file)) {
      Results results = Results.read(file);
      requireSameJob(file, results.job(), job);
      return Optional.of(results);
    }
    if (Files.exists(path) && !isOurs()) {
      throw new BadInputException(
          path + ": expected no such folder, an empty one or one of darex run; got other files");
    }
    return Optional.empty();
  }

  /**
   * Refuses a folder that several fine-tunes cannot share; whether each of theirs is of the same
   * job they find out themselves.
   *
   * @throws BadInputException if it holds a run of one fine-tune, or something else
   */
  void requireForSeveral() throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    boolean single = Files.exists(tuned()) || Files.exists(training());
    List<Path> found = entries().stream().filter(entry -> !isLock(entry)).toList();
    boolean other = !found.isEmpty() && found.stream().noneMatch(OutputFolder::isSeed);
    if (single || other) {
      throw new BadInputException(
          path
              + ": expected no such folder, an empty one or one of darex run with several"
              + " finetune.seed; --force removes a run of one, --out names another folder");
    }
  }

  private static boolean isLock(Path file) {
    return file.getFileName().toString().equals(FolderLock.FILE);
  }

  private static boolean isSeed(Path folder) {
    return SEED.matcher(folder.getFileName().toString()).matches() && Files.isDirectory(folder);
  }

  /** Refuses to continue the work of another job. */
  static void requireSameJob(Path file, String found, String job) {
    if (!job.equals(found)) {
      throw new BadInputException(
          file
              + ": belongs to another fine-tune (its task, data, encoder or finetune section"
              + " differs); --force starts over, --out names another folder");
    }
  }

  void write(Results results) throws IOException {
    AtomicWrite.file(
        path.resolve(RESULTS), true, file -> Files.writeString(file, results.toJson()));
  }

  /**
   * Refuses to start over where something else than a run lies, or lies beside it, or where a
   * process is at work on one of several fine-tunes.
   *
   * @throws RefusedOutputException naming it
   */
  void requireClearable() throws IOException {
    if (!Files.isDirectory(path)) {
      return;
    }
    Optional<Path> foreign = OURS.foreign(path).or(this::unmarked);
    if (foreign.isPresent()) {
      throw new RefusedOutputException(
          path,
          "expected nothing but a run of darex, got "
              + foreign.get()
              + "; nothing was deleted, --out names another folder");
    }
    for (Path seed : entries().stream().filter(OutputFolder::isSeed).toList()) {
      FolderLock.of(seed).close();
    }
  }

  /**
   * What makes the folder somebody else's though all names are known: reports and results are
   * common words.
   */
  private Optional<Path> unmarked() {
    boolean begun = Files.exists(training());
    for (String file : List.of(RESULTS, TrainingRecord.FILE)) {
      if (Files.exists(path.resolve(file))) {
        if (!isOfARun(path.resolve(file))) {
          return Optional.of(Path.of(file));
        }
        begun = true;
      }
    }
    return begun
        ? Optional.empty()
        : entries().stream()
            .filter(entry -> !isSeed(entry) && !entry.getFileName().toString().startsWith("."))
            .map(Path::getFileName)
            .findFirst();
  }

  private static boolean isOfARun(Path json) {
    try {
      JsonNode root = new ObjectMapper().readTree(json.toFile());
      return root.path("job").asText().matches("[0-9a-f]{64}") || root.path("finetunes").isArray();
    } catch (IOException e) {
      return false;
    }
  }

  private List<Path> entries() {
    try (Stream<Path> entries = Files.list(path)) {
      return entries.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Removes what a run writes.
   *
   * @throws RefusedOutputException as {@link #requireClearable}; nothing is removed then
   */
  void clear() throws IOException {
    requireClearable();
    if (Files.isDirectory(path)) {
      OURS.clear(path);
    }
  }

  /** Removes a file or a whole folder, if it is there. */
  static void delete(Path path) throws IOException {
    if (Files.exists(path)) {
      PathUtils.delete(path);
    }
  }

  /** Whether the folder is empty or holds a run that was broken off before its first result. */
  private boolean isOurs() throws IOException {
    return Files.exists(training())
        || Files.exists(path.resolve(TrainingRecord.FILE))
        || Contents.none().file(LOCK).temporaries().foreign(path).isEmpty();
  }
}
