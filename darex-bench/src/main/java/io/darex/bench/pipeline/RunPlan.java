package io.darex.bench.pipeline;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.config.PruneConfig;
import io.darex.bench.config.RecipeName;
import io.darex.bench.report.Results;
import io.darex.bench.report.Results.Epoch;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import lombok.RequiredArgsConstructor;

/**
 * What a run would do.
 *
 * @param finetunes one for each seed
 */
public record RunPlan(List<Finetune> finetunes) {
  /** Copies the list. */
  public RunPlan {
    finetunes = List.copyOf(finetunes);
  }

  /**
   * A fine-tune and its cells. Times are means of what is done in the folder.
   *
   * @param seed of it
   * @param epochs that the schedule is made for; 0 of a tuned checkpoint that is given
   * @param epochsToDo how many of these are left, at most
   * @param epochSeconds how long one takes; null before the first is done
   * @param modelBytes the size of the tuned checkpoint: four bytes a parameter
   * @param trainingBytes what is on disk at most while it trains; 0 if nothing is to be trained
   * @param cells in the order in which they are made
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Finetune(
      long seed,
      int epochs,
      int epochsToDo,
      Double epochSeconds,
      long modelBytes,
      long trainingBytes,
      List<Cell> cells) {
    /** Copies the list. */
    public Finetune {
      cells = List.copyOf(cells);
    }
  }

  /**
   * A cell.
   *
   * @param size asked for: bytes, or a drop rate
   * @param method mask and rescale in a few words
   * @param seed of the mask
   * @param done whether it is there
   * @param seconds how long it takes, by the cells of its method; null before the first is done
   * @param bytes of its file: as asked for, or what is kept without places
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Cell(
      String size, String method, long seed, boolean done, Double seconds, long bytes) {}

  /** Finds out what is done, fine-tune by fine-tune. */
  @RequiredArgsConstructor
  static final class Builder {
    private final PruneConfig prune;
    private final List<Finetune> finetunes = new ArrayList<>();
    private final List<Epoch> epochs = new ArrayList<>();
    private final Map<String, List<Results.Cell>> measured = new HashMap<>();

    /**
     * Adds a fine-tune.
     *
     * @param given whether its tuned checkpoint is
     * @param force whether nothing that is done counts
     */
    void add(
        FinetuneConfig finetune,
        boolean given,
        OutputFolder folder,
        Run.Checked checked,
        boolean force)
        throws IOException {
      TrainingRecord begun =
          new TrainingRecord(
              checked.job(), List.of(), given ? 0 : finetune.epochs(), finetune.patience());
      TrainingRecord record = force ? begun : record(folder, begun);
      epochs.addAll(record.epochs());
      long parameters = checked.prepared().parameters();
      long model = given ? HuggingFaceFolder.bytes(folder.tuned()) : Float.BYTES * parameters;
      List<Results.Cell> known =
          checked.earlier().map(each -> CellRunner.known(folder, each)).orElse(List.of());
      known.forEach(
          cell -> measured.computeIfAbsent(cell.method(), k -> new ArrayList<>()).add(cell));
      List<Cell> cells = new ArrayList<>();
      for (PruneConfig.Method method : prune.methods()) {
        for (long seed : method.seeds()) {
          Optional<Results.Cell> done =
              known.stream()
                  .filter(cell -> cell.seed() == seed && CellRunner.made(method, cell))
                  .findFirst();
          Recipe recipe = method.recipe();
          cells.add(
              new Cell(
                  CellRunner.size(recipe),
                  RecipeName.of(recipe),
                  seed,
                  done.isPresent(),
                  null,
                  done.map(Results.Cell::bytes).orElseGet(() -> bytes(recipe, model, parameters))));
        }
      }
      int left = record.ended() ? 0 : record.plannedEpochs() - record.epochs().size();
      finetunes.add(
          new Finetune(
              finetune.seed(),
              record.plannedEpochs(),
              left,
              null,
              model,
              left == 0 ? 0 : TrainingFolder.MOST_MODELS * model,
              cells));
    }

    private static TrainingRecord record(OutputFolder folder, TrainingRecord begun)
        throws IOException {
      Path file = folder.path().resolve(TrainingRecord.FILE);
      if (begun.plannedEpochs() > 0 && Files.exists(file)) {
        TrainingRecord done = TrainingRecord.read(file);
        OutputFolder.requireSameJob(file, done.job(), begun.job());
        return done;
      }
      return TrainingFolder.finished(folder.training(), begun);
    }

    private static long bytes(Recipe recipe, long model, long parameters) {
      double kept = (1 - recipe.mask().dropRate()) * parameters;
      return recipe
          .bytes()
          .map(size -> size.bytes(model))
          .orElse(Math.round(kept * recipe.values().bits() / Byte.SIZE));
    }

    /** The plan, with the times that are known. */
    RunPlan build() {
      Double epoch = epochs.isEmpty() ? null : mean(epochs.stream().map(Epoch::seconds).toList());
      Map<String, Double> byMethod = new HashMap<>();
      measured.forEach(
          (method, cells) -> {
            List<Double> seconds =
                cells.stream().map(Results.Cell::seconds).filter(each -> each > 0).toList();
            if (!seconds.isEmpty()) {
              byMethod.put(method, mean(seconds));
            }
          });
      return new RunPlan(
          finetunes.stream()
              .map(
                  each ->
                      new Finetune(
                          each.seed(),
                          each.epochs(),
                          each.epochsToDo(),
                          epoch,
                          each.modelBytes(),
                          each.trainingBytes(),
                          each.cells().stream()
                              .map(cell -> timed(cell, byMethod.get(cell.method())))
                              .toList()))
              .toList());
    }

    private static Cell timed(Cell cell, Double seconds) {
      return new Cell(cell.size(), cell.method(), cell.seed(), cell.done(), seconds, cell.bytes());
    }

    private static double mean(List<Double> all) {
      return all.stream().collect(Collectors.averagingDouble(each -> each));
    }
  }
}
