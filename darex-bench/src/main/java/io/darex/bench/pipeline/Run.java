package io.darex.bench.pipeline;

import io.darex.bench.Console;
import io.darex.bench.Main;
import io.darex.bench.calibration.CalibrationSize;
import io.darex.bench.calibration.CalibrationTexts;
import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.config.RunConfig;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.encoder.Tokenizer;
import io.darex.bench.glue.DataFolder;
import io.darex.bench.glue.Task;
import io.darex.bench.glue.TaskData;
import io.darex.bench.report.Report;
import io.darex.bench.report.Results;
import io.darex.bench.report.Results.Score;
import io.darex.bench.report.Summary;
import io.darex.optim.DeltaPlot;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Pruning;
import io.darex.prune.Tensor;
import io.darex.prune.checkpoint.AtomicWrite;
import io.darex.prune.checkpoint.HuggingFaceFolder;
import io.darex.prune.checkpoint.InMemoryCheckpoint;
import io.darex.prune.mask.RandomMask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The whole pipeline of one configuration: fine-tune, prune, search, evaluate, report. */
public final class Run {
  private final RunConfig config;
  private final Optional<Path> glue;
  private final OutputFolder folder;
  private final Console console;

  /**
   * @param glue the GLUE folder, where one was named
   * @param out the output folder
   */
  public Run(RunConfig config, Optional<Path> glue, Path out, Console console) {
    this.config = config;
    this.glue = glue;
    this.folder = new OutputFolder(out);
    this.console = console;
  }

  /**
   * Runs, or finishes an earlier run of the same configuration. Of several fine-tunes each has a
   * folder {@code seed-N} as if it had been run alone, and above them lies what they come to
   * together.
   *
   * @param force start over
   * @throws io.darex.bench.BadInputException if the task's files cannot be used, or the output
   *     folder holds something else; nothing is written then
   */
  public void execute(boolean force) throws IOException {
    List<FinetuneConfig> finetunes = config.finetunes();
    if (finetunes.size() == 1) {
      execute(finetunes.get(0), folder, force);
      return;
    }
    if (force) {
      folder.clear();
    }
    folder.requireForSeveral();
    SortedMap<Long, Results> bySeed = new TreeMap<>();
    for (FinetuneConfig finetune : finetunes) {
      console.say(
          String.format(
              Locale.ROOT,
              "fine-tune %d of %d: seed %d",
              bySeed.size() + 1,
              finetunes.size(),
              finetune.seed()));
      OutputFolder own = folder.seed(finetune.seed());
      bySeed.put(finetune.seed(), execute(finetune, own, false));
    }
    Summary.of(bySeed).write(folder.path());
  }

  private Results execute(FinetuneConfig finetune, OutputFolder folder, boolean force)
      throws IOException {
    Task task = config.task();
    TaskData all = task.load(new DataFolder(glue, console::say), finetune.seed());
    int limit = finetune.limit();
    TaskData data = limit == 0 ? all : all.limitTrain(limit);
    String job = Job.digest(config, finetune, data);
    Report.requireFonts();
    if (force) {
      folder.clear();
    }
    Optional<Results> earlier = folder.resume(job);

    Pretrained pretrained = Pretrained.of(config.encoder());
    EncoderConfig architecture = pretrained.config().withLabels(task.outputs());
    int longest = Math.min(finetune.maxLength(), architecture.maxTokens());
    try (Tokenizer tokenizer = pretrained.tokenizer().open(longest, architecture.vocabSize());
        Encoder encoder = Encoders.open(architecture, pretrained.checkpoint(), finetune.seed())) {
      console.say(
          String.format(
              Locale.ROOT,
              "%s: %d train, %d validation, %d dev texts",
              task.name(),
              data.train().size(),
              data.validation().size(),
              data.dev().size()));
      Splits splits = Splits.of(tokenizer, data, task.scoring());
      if (tokenizer.cut() > 0) {
        console.say(
            String.format(
                Locale.ROOT,
                "%s: %d texts are longer than %d tokens and are cut",
                task.name(),
                tokenizer.cut(),
                longest));
      }
      TrainingFolder under = new TrainingFolder(folder.training(), pretrained.tokenizer());
      Trainable trained =
          finetune.lora() == null
              ? Trainable.all(encoder)
              : new LoraTraining(
                  finetune.lora(),
                  encoder,
                  pretrained.checkpoint(),
                  config.encoder(),
                  finetune.seed());
      Finetuning finetuning =
          new Finetuning(
              finetune, splits, trained, job, under, Finetuning.CHECKPOINT_EVERY, console);
      TrainingRecord training = tune(finetuning, under, job, folder);
      Checkpoint tuned = HuggingFaceFolder.open(folder.tuned());
      Results results =
          earlier.isPresent()
              ? earlier.get()
              : unpruned(
                  finetune.method(), splits, encoder, pretrained.checkpoint(), tuned, training);
      folder.write(results);
      Cells cells =
          new Cells(
              config.prune(),
              splits,
              encoder,
              CalibrationTexts.of(tokenizer, data.train(), CalibrationSize.DEFAULT),
              pretrained.checkpoint(),
              tuned,
              folder,
              console);
      Results complete = cells.complete(results);
      Report.write(complete, folder.path());
      return complete;
    }
  }

  /** Leaves the tuned checkpoint in its folder, whatever an earlier run had come to. */
  private TrainingRecord tune(
      Finetuning finetuning, TrainingFolder under, String job, OutputFolder folder)
      throws IOException {
    Path file = folder.path().resolve(TrainingRecord.FILE);
    if (Files.exists(file)) {
      OutputFolder.requireSameJob(file, TrainingRecord.read(file).job(), job);
      console.say(
          String.format(Locale.ROOT, "fine-tune: done already, reusing %s", folder.tuned()));
    } else {
      byte[] done = finetuning.train().toJson();
      Path picture = folder.path().resolve(Report.TRAINING);
      AtomicWrite.file(picture, true, temporary -> DeltaPlot.write(under.lines(), temporary));
      AtomicWrite.file(file, false, temporary -> Files.write(temporary, done));
    }
    TrainingRecord record = TrainingRecord.read(file);
    if (!Files.exists(folder.tuned())) {
      // The adapter first: where tuned is, everything is.
      if (Files.exists(under.adapter(record.best()))) {
        OutputFolder.delete(folder.adapter());
        Files.move(under.adapter(record.best()), folder.adapter());
      }
      Files.move(under.checkpoint(record.best()), folder.tuned());
    }
    OutputFolder.delete(folder.training());
    return record;
  }

  private Results unpruned(
      String optimizer,
      Splits splits,
      Encoder encoder,
      Checkpoint base,
      Checkpoint tuned,
      TrainingRecord training) {
    console.say("scoring the tuned checkpoint, the base and the baselines");
    encoder.load(tuned);
    Score tunedScore = splits.score(encoder);
    encoder.load(withHeadOf(new Pruning(new RandomMask(0, 0)).delta(base, tuned)));
    return new Results(
        training.job(),
        Main.version(),
        config.task().name(),
        config.encoder(),
        optimizer,
        training.epochs(),
        training.plannedEpochs(),
        tunedScore,
        splits.score(encoder),
        Baselines.scores(splits, encoder, encoder.config().classes()),
        List.of());
  }

  /** The pre-trained weights with what only the tuned model has. */
  static Checkpoint withHeadOf(Delta delta) {
    SortedMap<String, Tensor> tensors = new TreeMap<>(delta.base().tensors());
    tensors.putAll(delta.carried());
    return new InMemoryCheckpoint(tensors, delta.tuned().config());
  }
}
