package io.darex.bench.select;

import io.darex.bench.calibration.CalibrationTexts;
import io.darex.bench.calibration.Calibrator;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.pipeline.TunedModel;
import io.darex.bench.task.TaskTexts;
import io.darex.bench.tokenizer.EncodedText;
import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.Selection;
import io.darex.prune.delta.Origin;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.SideFiles;
import io.darex.prune.rescale.Evidence;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Opens what a selection needs and runs it. Of a task only train is read: q's are found and
 * candidates compared on a held-out tenth of it, and dev stays for the result that is reported.
 */
public final class SelectJob {
  /** Fewer texts than this tell nothing, each half of them least of all. */
  private static final int FEWEST = 8;

  private final Request request;
  private final Console console;

  /**
   * What is asked.
   *
   * @param base the pre-trained checkpoint: a folder or a safetensors file
   * @param tuned the fine-tuned one; a folder with config and tokenizer where texts are to be read
   * @param texts what candidates may look at and are compared on; its validation is the trial's
   * @param mayTrain whether the model may be fine-tuned again
   * @param columns whether whole columns are candidates too
   * @param seeds of the masks of the trial; the first is recommended
   * @param calibrationName what a recipe calls the file that it reads texts from
   */
  public record Request(
      Path base,
      Path tuned,
      TunedModel.Source texts,
      boolean mayTrain,
      boolean columns,
      List<Long> seeds,
      String calibrationName) {
    /** Copies the list. */
    public Request {
      seeds = List.copyOf(seeds);
    }
  }

  /** Tells the console how far it is. */
  public SelectJob(Request request, Console console) {
    this.request = request;
    this.console = console;
  }

  /**
   * Answers.
   *
   * @throws BadInputException if task, texts and model do not fit, or the target cannot be met
   * @throws io.darex.prune.MismatchException if base and tuned model do not
   */
  public Answer run(Target target) throws IOException {
    Checkpoint base = HuggingFaceFolder.open(request.base());
    if (!request.texts().given()) {
      Checkpoint tuned = HuggingFaceFolder.openTuned(request.tuned(), base);
      boolean decoder = isDecoder(tuned);
      Available available = new Available(false, false, request.mayTrain(), decoder);
      return new Selector(
              delta(base, tuned, decoder),
              available,
              Optional.empty(),
              Optional.empty(),
              settings(decoder),
              console)
          .select(target);
    }
    try (TunedModel model = TunedModel.open(request.tuned(), request.texts())) {
      Delta delta = delta(base, model.checkpoint(), false);
      return model.validation().isPresent()
          ? labelled(target, delta, model, model.validation().get())
          : unlabelled(target, delta, model);
    }
  }

  /**
   * Finds the smallest file that loses no more of the metric.
   *
   * @throws BadInputException if task and model do not fit, or no file loses as little
   * @throws io.darex.prune.MismatchException if base and tuned model do not fit
   */
  public Smallest smallest(double tolerance) throws IOException {
    Checkpoint base = HuggingFaceFolder.open(request.base());
    try (TunedModel model = TunedModel.open(request.tuned(), request.texts())) {
      TaskTexts held = model.validation().orElseThrow();
      requireTexts(model, held);
      Delta delta = delta(base, model.checkpoint(), false);
      Trial trial = trial(delta, new TaskMetric(held), model, Evidence.none());
      return new SmallestSearch(trial, tolerance, console).run();
    }
  }

  private void requireTexts(TunedModel model, TaskTexts held) {
    String task = request.texts().task().orElseThrow().name();
    if (held.size() < FEWEST) {
      throw new BadInputException(
          "task "
              + task
              + ": expected at least "
              + FEWEST
              + " texts to compare on, a tenth of train, got "
              + held.size());
    }
    console.say(
        String.format(
            Locale.ROOT,
            "%s: %d validation texts to compare on, %d for calibration",
            task,
            held.size(),
            model.calibration().texts().size()));
  }

  private Answer labelled(Target target, Delta delta, TunedModel model, TaskTexts held)
      throws IOException {
    requireTexts(model, held);
    return select(
        target,
        delta,
        new Available(true, true, request.mayTrain(), false),
        new TaskMetric(held),
        model,
        model.calibration());
  }

  /** Half of the texts, every other one, for q's to be found by, half to compare on. */
  private Answer unlabelled(Target target, Delta delta, TunedModel model) throws IOException {
    CalibrationTexts all = model.calibration();
    List<List<EncodedText>> halves = List.of(new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < all.texts().size(); i++) {
      halves.get(i % 2).add(all.texts().get(i));
    }
    if (all.texts().size() < FEWEST) {
      throw new BadInputException(
          request.texts().calibration().orElseThrow()
              + ": expected at least "
              + FEWEST
              + " texts, to find q by one half and compare on the other, got "
              + all.texts().size());
    }
    console.say(
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
        new Unlabelled(halves.get(1), model.encoder(), model.checkpoint()),
        model,
        half);
  }

  private Answer select(
      Target target,
      Delta delta,
      Available available,
      Measure measure,
      TunedModel model,
      CalibrationTexts texts)
      throws IOException {
    Evidence evidence = evidence(model, texts);
    return new Selector(
            delta,
            available,
            Optional.of(trial(delta, measure, model, evidence)),
            evidence.calibration(),
            settings(false),
            console)
        .select(target);
  }

  private static Evidence evidence(TunedModel model, CalibrationTexts texts) {
    return new Calibrator(model.encoder(), model.checkpoint(), texts).evidence();
  }

  private Trial trial(Delta delta, Measure measure, TunedModel model, Evidence evidence)
      throws IOException {
    int threads = Runtime.getRuntime().availableProcessors();
    return new Trial(model.encoder(), delta, measure, evidence, origin(), threads);
  }

  /** What darex prune records by the recipe. */
  private Origin origin() throws IOException {
    return new Origin(
        Optional.empty(), SideFiles.ofDelta(request.tuned(), SideFiles.read(request.base())), true);
  }

  private static Delta delta(Checkpoint base, Checkpoint tuned, boolean decoder) {
    Selection.Preset preset = decoder ? Selection.Preset.DECODER : Selection.Preset.ENCODER;
    return Delta.between(base, tuned, Selection.of(preset));
  }

  private Selector.Settings settings(boolean decoder) throws IOException {
    return new Selector.Settings(
        request.columns(),
        request.seeds(),
        decoder ? "decoder" : "encoder",
        request.calibrationName(),
        origin());
  }

  /** By the names of docs/METHOD.md §1.2. */
  private static boolean isDecoder(Checkpoint tuned) {
    return tuned.tensors().keySet().stream()
        .anyMatch(name -> List.of(name.split("\\.", -1)).contains("self_attn"));
  }
}
