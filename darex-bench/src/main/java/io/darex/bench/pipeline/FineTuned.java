package io.darex.bench.pipeline;

import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.config.RunConfig;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.report.Results;
import io.darex.bench.report.Results.Epoch;
import io.darex.bench.report.Results.Score;
import io.darex.prune.Checkpoint;
import io.darex.prune.DarexVersion;
import io.darex.prune.Delta;
import io.darex.prune.Pruning;
import io.darex.prune.Tensor;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.ModelCard;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A tuned checkpoint, and what it scores before it is pruned.
 *
 * @param folder of the checkpoint
 * @param checkpoint under the names that its folder has
 * @param digest of the checkpoint
 * @param baseDigest of the pre-trained encoder
 * @param results with the cells that an earlier run of the same folder made
 */
record FineTuned(
    Path folder, Checkpoint checkpoint, String digest, String baseDigest, Results results) {

  /** Where the fine-tune lies that a configuration names: a run's own is in its folder. */
  static Path given(Path named) {
    Path ofRun = new OutputFolder(named).tuned();
    return Files.isDirectory(ofRun) ? ofRun : named;
  }

  /** The digest of the fine-tune or the support that a configuration names, where it does. */
  static Optional<String> givenDigest(RunConfig config, FinetuneConfig finetune)
      throws IOException {
    if (finetune.support() != null) {
      return Optional.of(Support.digest(finetune.support()));
    }
    return config.tuned().isPresent()
        ? Optional.of(CheckpointDigest.of(HuggingFaceFolder.open(given(config.tuned().get()))))
        : Optional.empty();
  }

  /**
   * Trains, or finishes or reuses what an earlier run of the same job left in {@code folder}; a
   * fine-tune that is given is scored only.
   *
   * @param job digest of what determines the tuned checkpoint
   * @param encoder holding the pre-trained weights and a new head
   * @param earlier what such a run had come to
   * @param baselines whether a majority vote and a frozen encoder are scored too
   */
  static FineTuned train(
      RunConfig config,
      FinetuneConfig finetune,
      Prepared prepared,
      String job,
      Encoder encoder,
      OutputFolder folder,
      Optional<Results> earlier,
      boolean baselines,
      Console console)
      throws IOException {
    TrainingRecord training;
    if (config.tuned().isPresent()) {
      requireHead(prepared, folder.tuned(), console::say);
      training = new TrainingRecord(job, List.of(), 0, 0);
    } else {
      training = train(config, finetune, prepared, job, encoder, folder, console);
    }
    Checkpoint checkpoint = HuggingFaceFolder.open(folder.tuned());
    Checkpoint base = prepared.pretrained().checkpoint();
    Results results;
    if (earlier.isPresent()) {
      results = earlier.get();
    } else {
      String optimizer = config.tuned().isPresent() ? Results.GIVEN : finetune.method();
      console.say("scoring the tuned checkpoint, the base and the baselines");
      results = unpruned(config, optimizer, prepared, encoder, checkpoint, training, baselines);
    }
    folder.write(results);
    return new FineTuned(
        folder.tuned(),
        checkpoint,
        CheckpointDigest.of(checkpoint),
        CheckpointDigest.of(base),
        results);
  }

  /** Refuses a fine-tune of another task; see {@link Evaluation#scorable}. */
  static void requireHead(Prepared prepared, Path folder, Consumer<String> say) throws IOException {
    Evaluation.scorable(
        config(folder),
        HuggingFaceFolder.open(folder),
        prepared.task(),
        Optional.empty(),
        folder.toString(),
        say);
  }

  /** The architecture of a fine-tune. */
  static EncoderConfig config(Path folder) throws IOException {
    try {
      return EncoderConfig.of(HuggingFaceFolder.open(folder));
    } catch (IllegalArgumentException e) {
      throw new BadInputException(folder + ": " + e.getMessage(), e);
    }
  }

  /** Leaves the tuned checkpoint in its folder, whatever an earlier run had come to. */
  private static TrainingRecord train(
      RunConfig config,
      FinetuneConfig finetune,
      Prepared prepared,
      String job,
      Encoder encoder,
      OutputFolder folder,
      Console console)
      throws IOException {
    TrainingFolder under =
        new TrainingFolder(
            folder.training(),
            prepared.pretrained().tokenizer(),
            record -> card(config, finetune, prepared, record));
    Path file = folder.path().resolve(TrainingRecord.FILE);
    if (Files.exists(file)) {
      OutputFolder.requireSameJob(file, TrainingRecord.read(file).job(), job);
      console.say(
          String.format(Locale.ROOT, "fine-tune: done already, reusing %s", folder.tuned()));
    } else {
      Finetuning finetuning =
          new Finetuning(
              finetune,
              prepared.splits(),
              trainable(config, finetune, prepared, encoder),
              job,
              under,
              Finetuning.CHECKPOINT_EVERY,
              console);
      byte[] done = finetuning.train().toJson();
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

  /** Of a checkpoint at the end of the record's last epoch. */
  private static ModelCard card(
      RunConfig config, FinetuneConfig finetune, Prepared prepared, TrainingRecord record) {
    // Where an encoder lies is nobody's business, and the same job has the same card elsewhere.
    String encoder =
        Pretrained.isBuiltIn(config.encoder())
            ? config.encoder()
            : Path.of(config.encoder()).getFileName().toString();
    Splits splits = prepared.splits();
    Epoch last = record.epochs().get(record.epochs().size() - 1);
    String task = config.task().name();
    return new ModelCard(
        encoder + ", fine-tuned on " + task,
        Optional.of(encoder),
        ModelCard.licence(prepared.pretrained().files()),
        List.of(
            Map.entry("data", "task " + task + ", " + splits.train().size() + " texts"),
            Map.entry(
                "method",
                String.format(
                    Locale.ROOT,
                    "%s, λ %s, learning rate %s, batches of %d, seed %d",
                    finetune.method(),
                    finetune.lambda(),
                    finetune.learningRate(),
                    finetune.batchSize(),
                    finetune.seed())),
            Map.entry(
                "metric",
                String.format(
                    Locale.ROOT,
                    "%s %.4f on %d texts for validation, after epoch %d",
                    splits.validation().metric(),
                    last.validation(),
                    splits.validation().size(),
                    last.epoch()))),
        List.of("darex run CONFIG.yml", "darex evaluate --model FOLDER --task " + task));
  }

  private static Trainable trainable(
      RunConfig config, FinetuneConfig finetune, Prepared prepared, Encoder encoder) {
    Checkpoint base = prepared.pretrained().checkpoint();
    if (prepared.support().isPresent()) {
      return new SupportTraining(prepared.support().get().delta(), encoder, base);
    }
    return finetune.lora() == null
        ? Trainable.all(encoder)
        : new LoraTraining(finetune.lora(), encoder, base, config.encoder(), finetune.seed());
  }

  private static Results unpruned(
      RunConfig config,
      String optimizer,
      Prepared prepared,
      Encoder encoder,
      Checkpoint tuned,
      TrainingRecord training,
      boolean baselines) {
    Splits splits = prepared.splits();
    LoadedEncoder loaded = new LoadedEncoder(encoder); // training has left weights of its own
    Score tunedScore = splits.requireScore(texts -> texts.answers(loaded.with(tuned)));
    Encoder base =
        loaded.with(
            withHeadOf(
                new Pruning(new RandomMask(0, 0))
                    .delta(prepared.pretrained().checkpoint(), tuned)));
    List<Epoch> epochs = training.epochs();
    EncoderConfig headless = base.config().withLabels(List.of());
    boolean pooler = headless.drawnLayers(prepared.pretrained().checkpoint()).isEmpty();
    return Results.builder()
        .job(training.job())
        .version(DarexVersion.text())
        .task(config.task().name())
        .encoder(config.encoder())
        .optimizer(optimizer)
        .training(epochs)
        .plannedEpochs(training.plannedEpochs())
        .tuned(tunedScore)
        .base(splits.requireScore(texts -> texts.answers(base)))
        .baselines(
            baselines
                ? Baselines.scores(splits, base, base.config().classes(), pooler)
                : new TreeMap<>())
        .cells(List.of())
        .build();
  }

  /** The pre-trained weights with what only the tuned model has. */
  static Checkpoint withHeadOf(Delta delta) {
    SortedMap<String, Tensor> tensors = new TreeMap<>(delta.base().tensors());
    tensors.putAll(delta.carried());
    return new InMemoryCheckpoint(tensors, delta.tuned().config());
  }
}
