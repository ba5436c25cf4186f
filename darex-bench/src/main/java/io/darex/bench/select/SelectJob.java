package io.darex.bench.select;

import io.darex.bench.BadInputException;
import io.darex.bench.calibration.CalibrationSize;
import io.darex.bench.calibration.CalibrationTexts;
import io.darex.bench.calibration.Calibrator;
import io.darex.bench.encoder.EncodedText;
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
import io.darex.bench.pipeline.Evaluation;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Selection;
import io.darex.prune.checkpoint.HuggingFaceFolder;
import io.darex.prune.rescale.Evidence;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Opens what a selection needs and runs it. Of a task only train is read: q's are found and
 * candidates compared on a held-out tenth of it, and dev stays for the result that is reported.
 */
public final class SelectJob {
  /** Fewer texts than this tell nothing, each half of them least of all. */
  private static final int FEWEST = 8;

  private final Request request;
  private final Consumer<String> say;

  /**
   * What is asked.
   *
   * @param base the pre-trained checkpoint: a folder or a safetensors file
   * @param tuned the fine-tuned one; a folder with config and tokenizer where texts are to be read
   * @param task whose train examples are labelled texts
   * @param classes the task's labels in the order of the model's classes, where they are given
   * @param data where they lie
   * @param seed of the split that holds validation out
   * @param calibration a file of texts, one a line
   * @param mayTrain whether the model may be fine-tuned again
   * @param texts most validation texts that candidates are compared on
   * @param columns whether whole columns are candidates too
   * @param seeds of the masks of the trial; the first is recommended
   * @param calibrationName what a recipe calls the file that it reads texts from
   */
  public record Request(
      Path base,
      Path tuned,
      Optional<Task> task,
      Optional<List<String>> classes,
      DataFolder data,
      long seed,
      Optional<Path> calibration,
      boolean mayTrain,
      int texts,
      boolean columns,
      List<Long> seeds,
      String calibrationName) {
    /** Copies the list. */
    public Request {
      seeds = List.copyOf(seeds);
    }
  }

  /**
   * @param say is told how far it is
   */
  public SelectJob(Request request, Consumer<String> say) {
    this.request = request;
    this.say = say;
  }

  /**
   * Answers.
   *
   * @throws BadInputException if task, texts and model do not fit, or the target cannot be met
   * @throws io.darex.prune.MismatchException if base and tuned model do not
   */
  public Answer run(Target target) throws IOException {
    Checkpoint base = HuggingFaceFolder.open(request.base());
    if (request.task().isEmpty() && request.calibration().isEmpty()) {
      Checkpoint tuned = HuggingFaceFolder.openTuned(request.tuned(), base);
      boolean decoder = isDecoder(tuned);
      Available available = new Available(false, false, request.mayTrain(), decoder);
      return new Selector(
              delta(base, tuned, decoder),
              available,
              Optional.empty(),
              Optional.empty(),
              settings(decoder),
              say)
          .select(target);
    }
    Pretrained tuned = Pretrained.open(request.tuned());
    String name = request.tuned().toString();
    Evaluation.requireTrained(tuned.config(), tuned.checkpoint(), name);
    EncoderConfig config =
        request.task().isEmpty()
            ? tuned.config()
            : Evaluation.scorable(
                tuned.config(),
                tuned.checkpoint(),
                request.task().get(),
                request.classes(),
                name,
                say);
    Delta delta = delta(base, tuned.checkpoint(), false);
    int longest = Math.min(config.maxTokens(), tuned.tokenizer().maxLength().orElse(1 << 30));
    try (Tokenizer tokenizer = tuned.tokenizer().open(longest, config.vocabSize());
        Encoder encoder = encoder(config, tuned.checkpoint())) {
      return request.task().isPresent()
          ? labelled(target, delta, tuned, encoder, tokenizer, request.task().get())
          : unlabelled(target, delta, tuned, encoder);
    }
  }

  private Encoder encoder(EncoderConfig config, Checkpoint tuned) {
    try {
      return Encoders.open(config, tuned, 0);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(request.tuned() + ": " + e.getMessage(), e);
    }
  }

  private Answer labelled(
      Target target, Delta delta, Pretrained tuned, Encoder encoder, Tokenizer tokenizer, Task task)
      throws IOException {
    List<Example> train = task.source().parts(Partition.TRAIN, request.data()).get(0).examples();
    TaskData data = TaskData.split(train, List.of(), request.seed());
    List<Example> held =
        data.validation().subList(0, Math.min(request.texts(), data.validation().size()));
    if (held.size() < FEWEST) {
      throw new BadInputException(
          "task "
              + task.name()
              + ": expected at least "
              + FEWEST
              + " texts to compare on, a tenth of train, came "
              + held.size());
    }
    List<EncodedText> encoded =
        held.stream().map(each -> tokenizer.encode(each.text(), each.second())).toList();
    double[] gold = held.stream().mapToDouble(Example::label).toArray();
    CalibrationTexts texts =
        request.calibration().isPresent()
            ? read(tuned)
            : CalibrationTexts.of(tokenizer, data.train(), CalibrationSize.DEFAULT);
    say.accept(
        String.format(
            Locale.ROOT,
            "%s: %d validation texts to compare on, %d for calibration",
            task.name(),
            held.size(),
            texts.texts().size()));
    return select(
        target,
        delta,
        new Available(true, true, request.mayTrain(), false),
        new TaskMetric(task, encoded, gold),
        new Calibrator(encoder, tuned.checkpoint(), texts),
        encoder);
  }

  /** Half of the texts, every other one, for q's to be found by, half to compare on. */
  private Answer unlabelled(Target target, Delta delta, Pretrained tuned, Encoder encoder)
      throws IOException {
    CalibrationTexts all = read(tuned);
    List<List<EncodedText>> halves = List.of(new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < all.texts().size(); i++) {
      halves.get(i % 2).add(all.texts().get(i));
    }
    if (all.texts().size() < FEWEST) {
      throw new BadInputException(
          request.calibration().orElseThrow()
              + ": expected at least "
              + FEWEST
              + " texts, to find q by one half and compare on the other, came "
              + all.texts().size());
    }
    say.accept(
        String.format(
            Locale.ROOT,
            "no labels: %d texts to compare outputs on, %d for calibration",
            halves.get(1).size(),
            halves.get(0).size()));
    CalibrationTexts half = new CalibrationTexts(halves.get(0));
    return select(
        target,
        delta,
        new Available(false, true, request.mayTrain(), false),
        new OutputChange(halves.get(1), encoder, tuned.checkpoint()),
        new Calibrator(encoder, tuned.checkpoint(), half),
        encoder);
  }

  private Answer select(
      Target target,
      Delta delta,
      Available available,
      Yardstick yardstick,
      Calibrator calibrator,
      Encoder encoder) {
    int threads = Runtime.getRuntime().availableProcessors();
    Evidence evidence = calibrator.evidence();
    Trial trial = new Trial(encoder, delta, yardstick, evidence, threads);
    return new Selector(
            delta,
            available,
            Optional.of(trial),
            Optional.of(calibrator.calibration()),
            settings(false),
            say)
        .select(target);
  }

  private CalibrationTexts read(Pretrained tuned) throws IOException {
    return CalibrationTexts.read(
        request.calibration().orElseThrow(),
        tuned.tokenizer(),
        tuned.config(),
        CalibrationSize.DEFAULT);
  }

  private static Delta delta(Checkpoint base, Checkpoint tuned, boolean decoder) {
    Selection.Preset preset = decoder ? Selection.Preset.DECODER : Selection.Preset.ENCODER;
    return Delta.between(base, tuned, Selection.of(preset));
  }

  private Selector.Settings settings(boolean decoder) {
    return new Selector.Settings(
        request.columns(),
        request.seeds(),
        decoder ? "decoder" : "encoder",
        request.calibrationName());
  }

  /** By the names of docs/METHOD.md §1.2. */
  private static boolean isDecoder(Checkpoint tuned) {
    return tuned.tensors().keySet().stream()
        .anyMatch(name -> List.of(name.split("\\.", -1)).contains("self_attn"));
  }
}
