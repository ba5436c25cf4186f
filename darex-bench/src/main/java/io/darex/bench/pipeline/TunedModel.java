package io.darex.bench.pipeline;

import io.darex.bench.calibration.CalibrationSize;
import io.darex.bench.calibration.CalibrationTexts;
import io.darex.bench.calibration.Calibrator;
import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.EngineChoice;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Example;
import io.darex.bench.task.Partition;
import io.darex.bench.task.Task;
import io.darex.bench.task.TaskData;
import io.darex.bench.task.TaskTexts;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.rescale.Evidence;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A fine-tuned model open in an encoder, and the texts that masks, budgets and rescales may look
 * at. Of a task only train is read, a tenth of it held out to search on; dev stays for the result
 * that is reported.
 *
 * @param encoder with a head for the task, if there is one
 * @param checkpoint the model
 * @param calibration texts without labels
 * @param train the first of those that are learned from, where there is a task
 * @param validation those that are held out, where there is a task
 */
public record TunedModel(
    LoadedEncoder encoder,
    Checkpoint checkpoint,
    CalibrationTexts calibration,
    Optional<TaskTexts> train,
    Optional<TaskTexts> validation)
    implements AutoCloseable {

  /**
   * Where texts come from.
   *
   * @param calibration a file, one text a line
   * @param task whose train examples have labels, and are the calibration texts without a file
   * @param classes the task's labels in the order of the model's classes, where they are given
   * @param data where the task's files lie
   * @param seed that holds the tenth out
   * @param validation how many of it are used at most
   * @param engine what computes the encoder
   * @param say is told what is assumed of the model
   */
  public record Source(
      Optional<Path> calibration,
      Optional<Task> task,
      Optional<List<String>> classes,
      DataFolder data,
      long seed,
      int validation,
      EngineChoice engine,
      Consumer<String> say) {
    /** Whether there are any. */
    public boolean given() {
      return calibration.isPresent() || task.isPresent();
    }

    /** What they are, for the record. */
    public String words() {
      List<String> words =
          List.of(
              calibration.map(file -> "file " + file.getFileName()).orElse(""),
              task.map(named -> "task " + named.name()).orElse(""));
      return String.join(" ", words).strip();
    }

    private TaskData examples(Task named) {
      List<Example> all = named.source().parts(Partition.TRAIN, data).get(0).examples();
      return TaskData.split(all, List.of(), seed);
    }
  }

  /**
   * Opens the model.
   *
   * @param folder with config, weights and tokenizer
   * @throws BadInputException if it cannot be used, does not fit the task, or there is no text
   */
  public static TunedModel open(Path folder, Source texts) throws IOException {
    Pretrained tuned = Pretrained.open(folder);
    Checkpoint checkpoint = tuned.checkpoint();
    Evaluation.requireTrained(tuned.config(), checkpoint, folder.toString());
    EncoderConfig config =
        texts.task().isEmpty()
            ? tuned.config()
            : Evaluation.scorable(
                tuned.config(),
                checkpoint,
                texts.task().get(),
                texts.classes(),
                folder.toString(),
                texts.say());
    Optional<CalibrationTexts> file =
        texts
            .calibration()
            .map(
                path ->
                    CalibrationTexts.read(
                        path, tuned.tokenizer(), config, CalibrationSize.DEFAULT));
    Optional<TaskData> examples = texts.task().map(texts::examples);
    int longest = Math.min(config.maxTokens(), tuned.tokenizer().maxLength().orElse(1 << 30));
    try (Tokenizer tokenizer = tuned.tokenizer().open(longest, config.vocabSize())) {
      CalibrationTexts calibration =
          file.orElseGet(
              () ->
                  CalibrationTexts.of(
                      tokenizer, examples.orElseThrow().train(), CalibrationSize.DEFAULT));
      Optional<TaskTexts> train =
          examples.map(data -> first(tokenizer, data.train(), Importance.TEXTS, texts));
      Optional<TaskTexts> validation =
          examples.map(data -> first(tokenizer, data.validation(), texts.validation(), texts));
      LoadedEncoder encoder = encoder(texts.engine(), config, checkpoint, folder);
      return new TunedModel(encoder, checkpoint, calibration, train, validation);
    }
  }

  private static TaskTexts first(
      Tokenizer tokenizer, List<Example> examples, int most, Source texts) {
    List<Example> some = examples.subList(0, Math.min(most, examples.size()));
    return new TaskTexts(tokenizer, some, texts.task().orElseThrow());
  }

  private static LoadedEncoder encoder(
      EngineChoice engine, EncoderConfig config, Checkpoint checkpoint, Path folder) {
    try {
      return new LoadedEncoder(Encoders.open(engine, config, checkpoint, 0));
    } catch (IllegalArgumentException e) {
      throw new BadInputException(folder + ": " + e.getMessage(), e);
    }
  }

  /** What they reveal of a delta whose tuned side is this model. */
  public Evidence evidence(Delta delta) {
    return new Calibrator(encoder, checkpoint, calibration)
        .evidence()
        .withLabelled(
            validation.map(texts -> candidate -> texts.score(texts.answers(encoder, candidate))))
        .withImportance(
            train.map(
                texts -> () -> Importance.of(encoder, FineTuned.withHeadOf(delta), delta, texts)));
  }

  @Override
  public void close() {
    encoder.close();
  }
}
