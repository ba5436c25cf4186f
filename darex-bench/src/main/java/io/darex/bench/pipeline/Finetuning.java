package io.darex.bench.pipeline;

import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.console.Console;
import io.darex.bench.console.Progress;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.Gradients;
import io.darex.bench.report.Results.Epoch;
import io.darex.bench.task.Batches;
import io.darex.bench.task.TaskTexts;
import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.DeltaListener;
import io.darex.optim.Normalisation;
import io.darex.optim.StepReport;
import io.darex.optim.WarmupLinearSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Fine-tunes an encoder, keeps the epoch that is best on validation, and goes on after an
 * interruption from the last state in its {@link TrainingFolder}, bit for bit as if never stopped:
 * the order of batches and the dropout depend on seed, epoch and step alone.
 */
final class Finetuning {
  /** How much work a killed training loses at most, but for the step under way. */
  static final Duration CHECKPOINT_EVERY = Duration.ofMinutes(5);

  private static final int REPORT_EVERY = 20;

  private final FinetuneConfig config;
  private final Splits splits;
  private final Encoder encoder;
  private final Trainable trained;
  private final String job;
  private final TrainingFolder folder;
  private final Duration checkpointEvery;
  private final Console console;

  /** Trains all weights of an encoder; the parameters are those of the other constructor. */
  Finetuning(
      FinetuneConfig config,
      Splits splits,
      Encoder encoder,
      String job,
      TrainingFolder folder,
      Duration checkpointEvery,
      Console console) {
    this(config, splits, Trainable.all(encoder), job, folder, checkpointEvery, console);
  }

  /**
   * @param trained of an encoder that holds the weights to start from
   * @param job SHA-256 of what determines the tuned checkpoint
   * @param checkpointEvery how much work within an epoch is done before it is saved
   */
  Finetuning(
      FinetuneConfig config,
      Splits splits,
      Trainable trained,
      String job,
      TrainingFolder folder,
      Duration checkpointEvery,
      Console console) {
    this.config = config;
    this.splits = splits;
    this.trained = trained;
    this.encoder = trained.encoder();
    this.job = job;
    this.folder = folder;
    this.checkpointEvery = checkpointEvery;
    this.console = console;
  }

  /**
   * Trains all that is not done yet, until the last epoch or until patience is exhausted.
   *
   * @throws io.darex.bench.console.BadInputException if the folder holds the work of another job,
   *     or an output is NaN or infinite after an epoch
   * @throws ArithmeticException if a gradient is NaN or infinite
   */
  TrainingRecord train() throws IOException {
    AdamROptimizer optimizer = trained.optimizer(adamR());
    TrainingRecord begun = new TrainingRecord(job, List.of(), config.epochs(), config.patience());
    TrainingFolder.State state =
        folder
            .resume(begun, stepsPerEpoch(), trained, optimizer)
            .orElse(TrainingFolder.State.begin(begun));
    int done = optimizer.iteration();
    if (done > 0) {
      console.say(
          String.format(
              Locale.ROOT,
              "fine-tune: goes on after epoch %d and %d steps, found in %s",
              state.record().epochs().size(),
              done % stepsPerEpoch(),
              folder.path()));
    }
    Files.createDirectories(folder.path());
    folder.keepLines(done);
    DeltaListener listener = new DeltaListener(optimizer, REPORT_EVERY, folder.lines());
    try (Progress progress =
        console.progress("fine-tune", (long) stepsPerEpoch() * config.epochs())) {
      progress.found(done);
      while (!state.record().ended()) {
        TrainingRecord record = state.record().then(epoch(state, optimizer, listener, progress));
        folder.save(record, trained, optimizer);
        state = TrainingFolder.State.begin(record);
      }
    }
    TrainingRecord record = state.record();
    if (record.epochs().size() < record.plannedEpochs()) {
      console.say(
          String.format(
              Locale.ROOT,
              "fine-tune: stopped after epoch %d, %d after the best",
              record.epochs().size(),
              record.epochs().size() - record.best()));
    }
    return record;
  }

  /** What is left of the epoch that {@code state} is in. */
  private Epoch epoch(
      TrainingFolder.State state,
      AdamROptimizer optimizer,
      DeltaListener listener,
      Progress progress)
      throws IOException {
    int epoch = state.record().epochs().size() + 1;
    long start = System.nanoTime();
    long saved = start;
    TaskTexts texts = splits.train();
    List<int[]> order =
        Batches.training(texts.lengths(), config.batchSize(), config.seed(), epoch - 1);
    double lossSum = state.lossSum();
    double recent = Double.NaN;
    int done = optimizer.iteration() - (epoch - 1) * stepsPerEpoch();
    for (int[] indices : order.subList(done, order.size())) {
      if (System.nanoTime() - saved > checkpointEvery.toNanos()) {
        double seconds = state.seconds() + (System.nanoTime() - start) * 1e-9;
        folder.save(new TrainingFolder.State(state.record(), lossSum, seconds), trained, optimizer);
        saved = System.nanoTime();
      }
      // One seed a step, so that a resumed training draws the same dropout.
      long dropout = config.seed() * 1_000_003 + optimizer.iteration();
      Gradients gradients = gradients(texts, indices, dropout);
      StepReport step =
          optimizer.hasGradients()
              ? optimizer.step()
              : optimizer.step(trained.gradients(gradients.byName()));
      trained.stepped();
      lossSum += gradients.loss();
      listener.report(step.iteration(), epoch - 1, gradients.loss());
      recent = Double.isNaN(recent) ? gradients.loss() : 0.95 * recent + 0.05 * gradients.loss();
      progress.step(String.format(Locale.ROOT, "loss %.3f  pull %.2e", recent, step.pull()));
    }
    double seconds = state.seconds() + (System.nanoTime() - start) * 1e-9;
    Epoch result =
        new Epoch(
            epoch,
            lossSum / order.size(),
            score(),
            trained.meanAbsDelta(optimizer),
            seconds,
            texts.tokens());
    console.say(
        String.format(
            Locale.ROOT,
            "epoch %d/%d: loss %.3f, validation %s %.3f, mean |Δ| %.2e, %.0f s, %.0f tokens/s",
            epoch,
            config.epochs(),
            result.loss(),
            splits.validation().metric(),
            result.validation(),
            result.meanAbsDelta(),
            seconds,
            result.tokens() / seconds));
    return result;
  }

  private double score() {
    TaskTexts texts = splits.validation();
    return texts.score(texts.requireAnswers(texts.answers(encoder)));
  }

  private AdamR adamR() {
    int steps = Math.multiplyExact(stepsPerEpoch(), config.epochs());
    return AdamR.builder()
        .learningRateSchedule(
            WarmupLinearSchedule.ofFraction(config.learningRate(), config.warmup(), steps))
        .lambda(config.lambda())
        .penalty(config.penalty())
        .normalisation(Normalisation.of(config.normalisation()))
        .maxGradientNorm(config.maxGradientNorm())
        .build();
  }

  private int stepsPerEpoch() {
    return (splits.train().size() + config.batchSize() - 1) / config.batchSize();
  }

  private Gradients gradients(TaskTexts texts, int[] indices, long dropout) {
    double[] wanted = texts.labels(indices);
    if (!encoder.config().isRegression()) {
      int[] labels = Arrays.stream(wanted).mapToInt(label -> (int) label).toArray();
      return encoder.gradients(texts.batch(indices), labels, dropout);
    }
    float[] scores = new float[wanted.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) wanted[i];
    }
    return encoder.gradients(texts.batch(indices), scores, dropout);
  }
}
