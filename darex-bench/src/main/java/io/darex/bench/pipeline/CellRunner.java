package io.darex.bench.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.calibration.Calibrator;
import io.darex.bench.config.KnownLoss;
import io.darex.bench.config.PruneConfig;
import io.darex.bench.config.RecipeName;
import io.darex.bench.console.Console;
import io.darex.bench.console.Progress;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.report.Results;
import io.darex.bench.report.Results.Cell;
import io.darex.bench.report.Results.Cost;
import io.darex.bench.report.Results.Score;
import io.darex.bench.task.Loss;
import io.darex.bench.task.TaskTexts;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Scale;
import io.darex.prune.Selection;
import io.darex.prune.SideFile;
import io.darex.prune.SparseDelta;
import io.darex.prune.delta.Origin;
import io.darex.prune.delta.Pruner;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.SideFiles;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Evidence;
import io.darex.prune.rescale.Found;
import io.darex.prune.rescale.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/** Every method with every seed: pruned, written, applied and scored. */
final class CellRunner {
  private final PruneConfig config;
  private final Splits splits;
  private final LoadedEncoder encoder;
  private final Calibrator calibrator;

  /** By selection: to hold two checkpoints against each other takes time. */
  private final Map<Selection, Delta> deltas = new HashMap<>();

  private final String task;
  private final Checkpoint base;
  private final FineTuned tuned;
  private final OutputFolder folder;

  /** What lies beside the fine-tuned weights. */
  private final SortedMap<String, SideFile> files;

  private final Console console;
  private final int threads;

  /** Null until a cell is made. */
  private double[] tunedAnswers;

  /**
   * @param tuned of {@code prepared}'s task and encoder
   * @param encoder is given the weights of one cell after the other
   * @param threads for pruning
   */
  CellRunner(
      PruneConfig config,
      Prepared prepared,
      Encoder encoder,
      FineTuned tuned,
      OutputFolder folder,
      int threads,
      Console console)
      throws IOException {
    this.config = config;
    this.splits = prepared.splits();
    this.encoder = new LoadedEncoder(encoder);
    this.calibrator = new Calibrator(this.encoder, tuned.checkpoint(), prepared.calibration());
    this.base = prepared.pretrained().checkpoint();
    this.tuned = tuned;
    this.folder = folder;
    this.files = SideFiles.ofDelta(tuned.folder(), prepared.pretrained().files());
    this.task = prepared.task().name();
    this.threads = threads;
    this.console = console;
  }

  /**
   * Makes the cells that {@code earlier} lacks; after each one the results are on disk.
   *
   * @return {@code earlier} with exactly the cells of the configuration, in its order
   */
  Results complete(Results earlier) throws IOException {
    List<Cell> known = known(folder, earlier);
    List<Cell> cells = new ArrayList<>();
    int total = config.methods().stream().mapToInt(method -> method.seeds().size()).sum();
    int reused = 0;
    long dense = HuggingFaceFolder.bytes(folder.tuned());
    config.methods().stream()
        .flatMap(method -> KnownLoss.of(method.recipe(), dense).stream())
        .distinct()
        .forEach(console::say);
    try (Progress progress = console.progress("prune", total)) {
      for (PruneConfig.Method method : config.methods()) {
        List<Cell> siblings = known.stream().filter(cell -> made(method, cell)).toList();
        for (long seed : method.seeds()) {
          Optional<Cell> done = siblings.stream().filter(c -> c.seed() == seed).findFirst();
          if (done.isPresent()) {
            cells.add(done.get());
            reused++;
            progress.found(1);
          } else {
            Recipe recipe = method.recipe().withSeed(seed);
            List<Cell> same = cells.stream().filter(cell -> made(method, cell)).toList();
            cells.add(make(recipe, seed, same.isEmpty() ? siblings : same));
            List<Cell> safe = new ArrayList<>(cells);
            known.stream().filter(cell -> !cells.contains(cell)).forEach(safe::add);
            folder.write(earlier.withCells(safe));
            Cell last = cells.get(cells.size() - 1);
            String score =
                Double.isNaN(last.value())
                    ? "no score, outputs are NaN or infinite"
                    : String.format(Locale.ROOT, "%.3f", last.value());
            progress.step(size(recipe) + " " + last.method() + ": " + score);
          }
        }
      }
    }
    if (reused > 0) {
      console.say(
          String.format(
              Locale.ROOT,
              "prune: %d of %d cells were done already and are reused",
              reused,
              total));
    }
    Results complete = earlier.withCells(cells);
    folder.write(complete);
    return complete;
  }

  /** The cells of an earlier run whose files are there. */
  static List<Cell> known(OutputFolder folder, Results earlier) {
    return earlier.cells().stream()
        .filter(cell -> Files.exists(folder.path().resolve(cell.file())))
        .toList();
  }

  /** Under its name too: older versions gave one name, and so one file, to several recipes. */
  static boolean made(PruneConfig.Method method, Cell cell) {
    return RecipeName.of(method.recipe()).equals(cell.method())
        && json(RecipeName.parameters(method.recipe())).equals(json(cell.recipe()));
  }

  /** As text: a number that has been through a file may be of another type. */
  private static String json(Map<String, Object> parameters) {
    return new ObjectMapper().valueToTree(parameters).toString();
  }

  private Cell make(Recipe recipe, long seed, List<Cell> siblings) throws IOException {
    long start = System.nanoTime();
    Delta delta =
        deltas.computeIfAbsent(
            recipe.pruning().selection(),
            unused -> recipe.pruning().delta(base, tuned.checkpoint()));
    Effort effort = new Effort(calibrator);
    Evidence evidence = evidence(recipe, delta, effort);
    Pruner pruner = new Pruner(recipe, delta, evidence, origin(recipe), threads);
    // A q searched on masks of its own serves all seeds.
    Optional<Cell> shared = siblings.stream().findFirst().filter(c -> recipe.rescale().isShared());
    List<Point> searched;
    Cost cost;
    Scale scale;
    if (shared.isPresent()) {
      searched = shared.get().searched();
      cost = shared.get().cost();
      scale = SparseDeltaFile.read(folder.path().resolve(shared.get().file())).scale();
    } else {
      Found found = pruner.find();
      searched = found.searched();
      cost = effort.cost();
      scale = found.scale();
    }
    Path file = folder.delta(size(recipe), RecipeName.of(recipe), seed);
    SparseDelta pruned = digested(pruner.choice().withScale(scale));
    SparseDeltaFile.write(
        file, pruned, true, WriteOptions.defaults().withForce(true).withThreads(threads));
    // What is scored is the file as a user would read it, not what was in memory.
    Checkpoint read = SparseDeltaFile.read(file).applyTo(base);
    TaskTexts dev = splits.dev();
    double[] tunedAnswers = tunedAnswers();
    double[] answers = dev.answers(encoder, read);
    Score score = splits.score(texts -> texts == dev ? answers : texts.answers(encoder, read));
    double width = Loss.of(dev::score, tunedAnswers, answers).width();
    return Cell.builder()
        .dropRate(pruner.mask().dropRate())
        .method(RecipeName.of(recipe))
        .recipe(RecipeName.parameters(recipe))
        .q(scale.fallback())
        .qRange(range(scale))
        .searched(searched)
        .cost(cost)
        .seed(seed)
        .metric(score.metric())
        .value(score.value())
        .validation(score.validation())
        .lossWidth(Double.isNaN(width) ? null : width)
        .bytes(Files.size(file))
        .denseBytes(HuggingFaceFolder.bytes(folder.tuned()))
        .file(folder.path().relativize(file).toString().replace('\\', '/'))
        .seconds((System.nanoTime() - start) * 1e-9)
        .build();
  }

  /** The unpruned model's on dev, which every cell is held against. */
  private double[] tunedAnswers() {
    if (tunedAnswers == null) {
      tunedAnswers = splits.dev().answers(encoder, tuned.checkpoint());
    }
    return tunedAnswers;
  }

  /** The smallest and the largest q of tensors that have their own; empty where none has. */
  private static List<Double> range(Scale scale) {
    Collection<Double> own = scale.perTensor().values();
    return own.isEmpty() ? List.of() : List.of(Collections.min(own), Collections.max(own));
  }

  private Evidence evidence(Recipe recipe, Delta delta, Effort effort) {
    return calibrator
        .evidence()
        .withLabelled(
            Optional.of(
                checkpoint -> {
                  TaskTexts validation = splits.validation();
                  effort.forward(validation.size());
                  return validation.score(validation.answers(encoder, checkpoint));
                }))
        .withImportance(
            Optional.of(
                () -> Importance.of(encoder, FineTuned.withHeadOf(delta), delta, splits.train())))
        .withProgress(point -> console.say(words(recipe, point)));
  }

  private static String words(Recipe recipe, Point point) {
    String eta = point.eta() == null ? "" : String.format(Locale.ROOT, "η = %.3g, ", point.eta());
    return String.format(
        Locale.ROOT,
        "%s at %s: %sq = %.4g scores %.4g",
        RecipeName.of(recipe),
        size(recipe),
        eta,
        point.q(),
        point.score());
  }

  private SparseDelta digested(SparseDelta pruned) {
    return pruned.withProvenance(
        pruned
            .provenance()
            .withBase(Optional.of(tuned.baseDigest()))
            .withTuned(Optional.of(tuned.digest())));
  }

  private Origin origin(Recipe recipe) {
    Optional<String> texts =
        recipe.needsWeightsAlone() ? Optional.empty() : Optional.of("task " + task);
    return new Origin(texts, files, true);
  }

  /** The size that was asked for, in bytes or as a drop rate. */
  static String size(Recipe recipe) {
    return recipe
        .bytes()
        .map(ByteSize::toString)
        .orElseGet(() -> Double.toString(recipe.mask().dropRate()));
  }
}
