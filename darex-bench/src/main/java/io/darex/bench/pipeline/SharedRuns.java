package io.darex.bench.pipeline;

import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.config.RunConfig;
import io.darex.bench.console.Console;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.EngineChoice;
import io.darex.bench.report.Results;
import io.darex.bench.task.TaskData;
import io.darex.prune.file.Contents;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Many runs in one process, one a candidate of a sweep, that share what they have in common: the
 * tokenised texts and the base of a task and encoder, each fine-tune, and the encoders, of which
 * there are as many as runs at the same time.
 *
 * <p>What a run comes to depends on its configuration alone; any thread may evaluate. Of a
 * fine-tune its folder stays, under the digest of all that determines it, and another process finds
 * it there; of the pruned checkpoints nothing stays.
 */
public final class SharedRuns implements AutoCloseable {
  /** Beside the fine-tunes' folder, an empty file for each, locked while a process makes it. */
  public static final String LOCKS = ".locks";

  private final Optional<Path> glue;
  private final Path finetunes;
  private final int threads;
  private final Console console;
  private final Map<List<Object>, CompletableFuture<Prepared>> prepared = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<FineTuned>> tuned = new ConcurrentHashMap<>();
  private final Map<List<Object>, CompletableFuture<Optional<String>>> given =
      new ConcurrentHashMap<>();
  private final Map<List<Object>, Deque<Encoder>> idle = new HashMap<>();

  /** What a fine-tune takes of the disk at most while it trains, in models. */
  public static int mostModels() {
    return TrainingFolder.MOST_MODELS;
  }

  /** What is in the folder of a fine-tune, or of a candidate while it is evaluated. */
  public static Contents contents() {
    return OutputFolder.contents();
  }

  /**
   * @param glue the GLUE folder, where one was named
   * @param finetunes the folder of the fine-tunes' folders
   * @param threads for each evaluation
   */
  public SharedRuns(Optional<Path> glue, Path finetunes, int threads, Console console) {
    this.glue = glue;
    this.finetunes = finetunes;
    this.threads = threads;
    this.console = console;
  }

  /**
   * Reads and tokenises what the run needs, so that what is wrong with it is known before anything
   * runs.
   *
   * @throws io.darex.bench.console.BadInputException if task, encoder, engine, or a fine-tune or
   *     support that is given cannot be used
   */
  public void prepare(RunConfig config) throws IOException {
    config.requireEngine();
    for (FinetuneConfig finetune : config.finetunes()) {
      Prepared shared = prepared(config, finetune);
      if (config.tuned().isPresent()) {
        FineTuned.requireHead(shared, FineTuned.given(config.tuned().get()), console::say);
      } else {
        shared.requireSizes(config.prune());
      }
    }
  }

  /**
   * The digests of the fine-tunes of a run that would have to be trained, and its model's bytes.
   */
  public Map<String, Long> untrained(RunConfig config) throws IOException {
    Map<String, Long> missing = new HashMap<>();
    if (config.tuned().isEmpty()) {
      for (FinetuneConfig finetune : config.finetunes()) {
        Prepared shared = prepared(config, finetune);
        String job = job(config, finetune, shared);
        if (!Files.exists(finetunes.resolve(job).resolve(TrainingRecord.FILE))) {
          missing.put(job, Float.BYTES * shared.parameters());
        }
      }
    }
    return missing;
  }

  /**
   * Does what a run does, but for baselines and reports.
   *
   * @param scratch a folder for the sparse deltas, which goes when they are scored
   * @return one for each fine-tune
   */
  public List<Results> evaluate(RunConfig config, Path scratch) throws IOException {
    List<Results> all = new ArrayList<>();
    for (FinetuneConfig finetune : config.finetunes()) {
      Prepared shared = prepared(config, finetune);
      String job = job(config, finetune, shared);
      FineTuned model = once(tuned, job, () -> tune(config, finetune, shared, job));
      Encoder encoder = borrow(config.engine(), shared);
      try {
        OutputFolder folder = new OutputFolder(scratch, model.folder());
        CellRunner cells =
            new CellRunner(config.prune(), shared, encoder, model, folder, threads, console);
        all.add(cells.complete(model.results().withCells(List.of())));
      } finally {
        giveBack(config.engine(), encoder);
        OutputFolder.delete(scratch);
      }
    }
    return all;
  }

  private String job(RunConfig config, FinetuneConfig finetune, Prepared shared)
      throws IOException {
    List<Object> named = List.of(config.tuned(), Optional.ofNullable(finetune.support()));
    Optional<String> digest = once(given, named, () -> FineTuned.givenDigest(config, finetune));
    return Job.digest(config, finetune, shared.data(), digest);
  }

  private Prepared prepared(RunConfig config, FinetuneConfig finetune) throws IOException {
    return once(
        prepared,
        Prepared.key(config, finetune),
        () -> {
          TaskData data = Prepared.data(config, finetune, glue, console);
          return Prepared.of(config, finetune, data, console);
        });
  }

  private FineTuned tune(RunConfig config, FinetuneConfig finetune, Prepared shared, String job)
      throws IOException {
    Path path = finetunes.resolve(job);
    OutputFolder folder =
        config.tuned().isPresent()
            ? new OutputFolder(path, FineTuned.given(config.tuned().get()))
            : new OutputFolder(path);
    Path locks = Files.createDirectories(finetunes.resolveSibling(LOCKS));
    // Of several processes one trains, and should it end, the next goes on where it was.
    try (FileChannel channel =
        FileChannel.open(
            locks.resolve(job),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS)) {
      channel.lock(); // until it is closed
      Optional<Results> earlier = folder.resume(job);
      // One of its own: what training needs besides the weights is many times what scoring does.
      try (Encoder encoder =
          Encoders.open(
              config.engine(),
              shared.architecture(),
              shared.pretrained().checkpoint(),
              finetune.seed(),
              threads)) {
        return FineTuned.train(
            config, finetune, shared, job, encoder, folder, earlier, false, console);
      }
    }
  }

  private Encoder borrow(EngineChoice engine, Prepared shared) {
    synchronized (idle) {
      Deque<Encoder> free = idle.get(List.of(engine, shared.architecture()));
      if (free != null && !free.isEmpty()) {
        return free.pop();
      }
    }
    return Encoders.open(
        engine, shared.architecture(), shared.pretrained().checkpoint(), 0, threads);
  }

  private void giveBack(EngineChoice engine, Encoder encoder) {
    synchronized (idle) {
      idle.computeIfAbsent(List.of(engine, encoder.config()), key -> new ArrayDeque<>())
          .push(encoder);
    }
  }

  /** What {@code make} makes, which the first to ask does and all others wait for. */
  private static <K, V> V once(Map<K, CompletableFuture<V>> made, K key, Callable<V> make)
      throws IOException {
    CompletableFuture<V> mine = new CompletableFuture<>();
    CompletableFuture<V> first = made.putIfAbsent(key, mine);
    if (first == null) {
      first = mine;
      try {
        mine.complete(make.call());
      } catch (Throwable e) {
        mine.completeExceptionally(e);
      }
    }
    try {
      return first.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Frees the encoders. */
  @Override
  public void close() {
    synchronized (idle) {
      idle.values().forEach(encoders -> encoders.forEach(Encoder::close));
      idle.clear();
    }
  }
}
