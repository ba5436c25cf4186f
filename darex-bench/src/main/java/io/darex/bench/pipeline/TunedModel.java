package io.darex.bench.pipeline;

import io.darex.bench.BadInputException;
import io.darex.bench.calibration.CalibrationSize;
import io.darex.bench.calibration.CalibrationTexts;
import io.darex.bench.calibration.Calibrator;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.encoder.Tokenizer;
import io.darex.bench.glue.DataFolder;
import io.darex.bench.glue.Example;
import io.darex.bench.glue.Partition;
import io.darex.bench.glue.Task;
import io.darex.bench.glue.TaskData;
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
 */
public final class TunedModel implements AutoCloseable {
  /** The seed that holds the tenth out, as in a run that names none. */
  private static final long SEED = 0;

  private final Encoder encoder;
  private final Calibrator calibrator;
  private final Optional<Split> train;
  private final Optional<Split> validation;

  private TunedModel(
      Encoder encoder, Calibrator calibrator, Optional<Split> train, Optional<Split> validation) {
    this.encoder = encoder;
    this.calibrator = calibrator;
    this.train = train;
    this.validation = validation;
  }

  /**
   * Where texts come from.
   *
   * @param calibration a file, one text a line
   * @param task whose train examples have labels, and are the calibration texts without a file
   * @param classes the task's labels in the order of the model's classes, where they are given
   * @param data where the task's files lie
   * @param say is told what is assumed of the model
   */
  public record Source(
      Optional<Path> calibration,
      Optional<Task> task,
      Optional<List<String>> classes,
      DataFolder data,
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
    int longest = Math.min(config.maxTokens(), tuned.tokenizer().maxLength().orElse(1 << 30));
    Optional<TaskData> examples = texts.task().map(task -> data(task, texts.data()));
    Encoder encoder = encoder(config, checkpoint, folder);
    try (Tokenizer tokenizer = tuned.tokenizer().open(longest, config.vocabSize())) {
      CalibrationTexts calibration =
          file.orElseGet(
              () ->
                  CalibrationTexts.of(
                      tokenizer, examples.orElseThrow().train(), CalibrationSize.DEFAULT));
      return new TunedModel(
          encoder,
          new Calibrator(encoder, checkpoint, calibration),
          examples.map(data -> split(tokenizer, data.train(), texts)),
          examples.map(data -> split(tokenizer, data.validation(), texts)));
    } catch (RuntimeException e) {
      encoder.close();
      throw e;
    }
  }

  private static TaskData data(Task task, DataFolder folder) {
    List<Example> train = task.source().parts(Partition.TRAIN, folder).get(0).examples();
    return TaskData.split(train, List.of(), SEED);
  }

  private static Split split(Tokenizer tokenizer, List<Example> examples, Source texts) {
    return new Split(Texts.of(tokenizer, examples), texts.task().orElseThrow());
  }

  private static Encoder encoder(EncoderConfig config, Checkpoint checkpoint, Path folder) {
    try {
      return Encoders.open(config, checkpoint, 0);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(folder + ": " + e.getMessage(), e);
    }
  }

  /** What they reveal of a delta whose tuned side is this model. */
  public Evidence evidence(Delta delta) {
    Evidence evidence = calibrator.evidence();
    if (train.isEmpty()) {
      return evidence;
    }
    return evidence
        .withLabelled(
            Optional.of(
                candidate -> {
                  encoder.load(candidate);
                  return validation.orElseThrow().score(encoder);
                }))
        .withImportance(
            Optional.of(
                () -> Importance.of(encoder, Tuned.withHeadOf(delta), delta, train.orElseThrow())));
  }

  @Override
  public void close() {
    encoder.close();
  }
}
