package io.darex.bench.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.darex.bench.BadInputException;
import io.darex.bench.report.Results;
import io.darex.prune.checkpoint.AtomicWrite;
import io.darex.prune.checkpoint.InputFile;
import io.darex.prune.checkpoint.MalformedFileException;
import java.io.IOException;
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
  /** All that a run writes, and so all that starting over removes. */
  private static final List<String> OURS =
      List.of(
          "training",
          "training.json",
          "training.jsonl",
          "tuned",
          "adapter",
          "deltas",
          "results.json",
          "report.md",
          "report.html",
          "*.png",
          ".*.tmp");

  /** A folder as {@link #seed} names them. */
  private static final Pattern SEED = Pattern.compile("seed--?\\d{1,16}");

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
  Path delta(double dropRate, String method, long seed) {
    String slug = method.replaceAll("[^A-Za-z0-9.]+", "-");
    String name = String.format(Locale.ROOT, "%s-%s-%d", dropRate, slug, seed);
    return path.resolve("deltas").resolve(name + ".safetensors");
  }

  /**
   * What an earlier run of the same job left here.
   *
   * @param job what determines the tuned checkpoint
   * @throws BadInputException if the folder holds a run of another job, or something else
   */
  Optional<Results> resume(String job) throws IOException {
    Path file = path.resolve("results.json");
    if (Files.exists(file)) {
      Results results = read(file);
      requireSameJob(file, results.job(), job);
      return Optional.of(results);
    }
    if (Files.exists(path) && !isOurs()) {
      throw new BadInputException(
          path + ": expected no such folder, an empty one or one of darex run; found other files");
    }
    return Optional.empty();
  }

  private static Results read(Path file) throws IOException {
    try {
      return Results.fromJson(InputFile.text(file));
    } catch (JsonProcessingException e) {
      throw new MalformedFileException(file, "the results of a run", e.getOriginalMessage());
    }
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
    try (Stream<Path> entries = Files.list(path)) {
      List<Path> found = entries.toList();
      boolean other = !found.isEmpty() && found.stream().noneMatch(OutputFolder::isSeed);
      if (single || other) {
        throw new BadInputException(
            path
                + ": expected no such folder, an empty one or one of darex run with several"
                + " finetune.seed; --force removes a run of one, --out names another folder");
      }
    }
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
        path.resolve("results.json"), true, file -> Files.writeString(file, results.toJson()));
  }

  /** Removes what a run writes, and nothing else. */
  void clear() throws IOException {
    if (!Files.isDirectory(path)) {
      return;
    }
    for (String ours : OURS) {
      try (var entries = Files.newDirectoryStream(path, ours)) {
        for (Path entry : entries) {
          delete(entry);
        }
      }
    }
    clearSeeds();
  }

  private void clearSeeds() throws IOException {
    List<Path> seeds;
    try (Stream<Path> entries = Files.list(path)) {
      seeds = entries.filter(OutputFolder::isSeed).toList();
    }
    for (Path seed : seeds) {
      new OutputFolder(seed).clear();
      if (PathUtils.isEmptyDirectory(seed)) {
        Files.delete(seed);
      }
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
    try (Stream<Path> entries = Files.list(path)) {
      return Files.exists(training())
          || Files.exists(path.resolve(TrainingRecord.FILE))
          || entries.findAny().isEmpty();
    }
  }
}
