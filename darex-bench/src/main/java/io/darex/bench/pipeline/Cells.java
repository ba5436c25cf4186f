package io.darex.bench.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.bench.Console;
import io.darex.bench.Main;
import io.darex.bench.Progress;
import io.darex.bench.config.PruneConfig;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.report.Results;
import io.darex.bench.report.Results.Cell;
import io.darex.bench.report.Results.Score;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Provenance;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.checkpoint.HuggingFaceFolder;
import io.darex.prune.checkpoint.SparseDeltaFile;
import io.darex.prune.mask.Mask;
import io.darex.prune.mask.Masks;
import io.darex.prune.rescale.Evidence;
import io.darex.prune.rescale.Found;
import io.darex.prune.rescale.Rescale;
import io.darex.prune.rescale.Rescales;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Every combination of drop rate, mask, rescale and seed: pruned, written, applied and scored. */
final class Cells {
  private final PruneConfig config;
  private final Splits splits;
  private final Encoder encoder;
  private final Checkpoint base;
  private final Tuned tuned;
  private final OutputFolder folder;
  private final Console console;
  private final int threads;

  /**
   * @param tuned of {@code prepared}'s task and encoder
   * @param encoder is given the weights of one cell after the other
   * @param threads for pruning
   */
  Cells(
      PruneConfig config,
      Prepared prepared,
      Encoder encoder,
      Tuned tuned,
      OutputFolder folder,
      int threads,
      Console console) {
    this.config = config;
    this.splits = prepared.splits();
    this.encoder = encoder;
    this.base = prepared.pretrained().checkpoint();
    this.tuned = tuned;
    this.folder = folder;
    this.threads = threads;
    this.console = console;
  }

  /** One combination but for the seed. */
  private record Method(double dropRate, String mask, String rescale) {
    boolean made(Cell cell) {
      return cell.dropRate() == dropRate
          && cell.mask().equals(mask)
          && cell.rescale().equals(rescale);
    }
  }

  /**
   * Makes the cells that {@code earlier} lacks; after each one the results are on disk.
   *
   * @return {@code earlier} with exactly the cells of the configuration, in its order
   */
  Results complete(Results earlier) throws IOException {
    List<Cell> known = earlier.cells().stream().filter(cell -> isCurrent(earlier, cell)).toList();
    List<Method> methods = methods();
    List<Cell> cells = new ArrayList<>();
    int total = methods.size() * config.seeds().size();
    int reused = 0;
    try (Progress progress = console.progress("prune", total)) {
      for (Method method : methods) {
        List<Cell> siblings = known.stream().filter(method::made).toList();
        // A searched q serves all seeds; one that costs nothing, or is the mask's own, is found
        // anew.
        Optional<Found> searched =
            siblings.stream()
                .filter(c -> !c.searched().isEmpty())
                .findFirst()
                .map(c -> new Found(Scale.of(c.q()), c.searched()));
        for (long seed : config.seeds()) {
          Optional<Cell> done = siblings.stream().filter(c -> c.seed() == seed).findFirst();
          if (done.isPresent()) {
            cells.add(done.get());
            reused++;
          } else {
            Mask mask = mask(method, seed);
            Found found = searched.isPresent() ? searched.get() : find(method, mask);
            searched = Optional.of(found).filter(f -> !f.searched().isEmpty());
            cells.add(make(method, mask, seed, found));
            List<Cell> safe = new ArrayList<>(cells);
            known.stream().filter(cell -> !cells.contains(cell)).forEach(safe::add);
            folder.write(earlier.withSearchSeeds(config.searchSeeds()).withCells(safe));
          }
          Cell last = cells.get(cells.size() - 1);
          progress.step(
              String.format(
                  Locale.ROOT, "p = %s %s: %.3f", last.dropRate(), last.rescale(), last.value()));
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
    Results complete = earlier.withSearchSeeds(config.searchSeeds()).withCells(cells);
    folder.write(complete);
    return complete;
  }

  private List<Method> methods() {
    List<Method> methods = new ArrayList<>();
    for (double dropRate : config.dropRates()) {
      for (String mask : config.masks()) {
        for (String rescale : config.rescales()) {
          methods.add(new Method(dropRate, mask, rescale));
        }
      }
    }
    return methods;
  }

  private boolean isCurrent(Results earlier, Cell cell) {
    boolean sameSearch =
        cell.searched().isEmpty() || earlier.searchSeeds().equals(config.searchSeeds());
    boolean sameQ = !cell.rescale().equals("q") || cell.q() == config.q();
    return sameSearch && sameQ && Files.exists(folder.path().resolve(cell.file()));
  }

  private static Mask mask(Method method, long seed) {
    return Masks.create(method.mask(), Map.of("seed", seed, "dropRate", method.dropRate()));
  }

  private Found find(Method method, Mask mask) {
    Map<String, Object> parameters =
        switch (method.rescale()) {
          case "q" -> Map.of("q", config.q());
          case "q-labelled" -> Map.of("seeds", config.searchSeeds());
          default -> Map.of();
        };
    Rescale rescale = Rescales.create(method.rescale(), parameters);
    Evidence evidence =
        Evidence.labelled(this::validation)
            .withProgress(
                point ->
                    console.say(
                        String.format(
                            Locale.ROOT,
                            "search at p = %s: q = %.4g scores %.3f",
                            method.dropRate(),
                            point.q(),
                            point.score())));
    Pruning recipe = new Pruning(mask);
    Delta delta = recipe.delta(base, tuned.checkpoint());
    return rescale.find(delta, recipe.view(delta, threads), evidence, threads);
  }

  private double validation(Checkpoint checkpoint) {
    encoder.load(checkpoint);
    return splits.validation().score(encoder);
  }

  private Cell make(Method method, Mask mask, long seed, Found found) throws IOException {
    Pruning recipe = new Pruning(mask);
    SparseDelta pruned =
        recipe.prune(recipe.delta(base, tuned.checkpoint()), threads).withScale(found.scale());
    Path file = folder.delta(method.mask(), method.dropRate(), method.rescale(), seed);
    SparseDeltaFile.write(file, pruned.withProvenance(provenance(pruned, method)), true);
    // What is scored is the file as a user would read it, not what was in memory.
    encoder.load(SparseDeltaFile.read(file).applyTo(base));
    Score score = splits.score(encoder);
    return new Cell(
        method.dropRate(),
        method.mask(),
        method.rescale(),
        found.scale().fallback(),
        found.searched(),
        seed,
        score.metric(),
        score.value(),
        score.validation(),
        Files.size(file),
        Files.size(folder.tuned().resolve(HuggingFaceFolder.MODEL)),
        folder.path().relativize(file).toString().replace('\\', '/'));
  }

  private Provenance provenance(SparseDelta pruned, Method method) throws IOException {
    ObjectNode job = (ObjectNode) new ObjectMapper().readTree(pruned.provenance().job());
    job.put("rescale", method.rescale());
    if (method.rescale().equals("q-labelled")) {
      config.searchSeeds().forEach(job.putArray("searchSeeds")::add);
    }
    job.put("darex", Main.version());
    return pruned
        .provenance()
        .withBase(Optional.of(tuned.baseDigest()))
        .withTuned(Optional.of(tuned.digest()))
        .withJob(job.toString());
  }
}
