package io.darex.bench.pipeline;

import io.darex.bench.Console;
import io.darex.bench.Progress;
import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.Gradients;
import io.darex.bench.encoder.TokenizerFiles;
import io.darex.bench.glue.Batches;
import io.darex.bench.report.Results.Epoch;
import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import io.darex.optim.DeltaListener;
import io.darex.optim.DeltaStatistics;
import io.darex.optim.Normalisation;
import io.darex.optim.StepReport;
import io.darex.optim.WarmupLinearSchedule;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.checkpoint.FloatTensor;
import io.darex.prune.checkpoint.HuggingFaceFolder;
import io.darex.prune.checkpoint.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Fine-tunes an encoder, keeps the epoch that is best on validation, and goes on after an
 * interruption with the epoch after the last finished one, bit for bit as if never stopped.
 *
 * <p>Every finished epoch is a folder {@code training/epoch-N}, a checkpoint like any other, with
 * the moments of the optimiser in {@code training/epoch-N.optimizer.safetensors}. The folder is
 * written last, so where it is there everything is.
 */
final class Finetuning {
  private static final int REPORT_EVERY = 20;

  private final FinetuneConfig config;
  private final Splits splits;
  private final Encoder encoder;
  private final TokenizerFiles tokenizer;
  private final String job;
  private final Path folder;
  private final Console console;

  /**
   * @param encoder holding the pre-trained weights and a new head; is trained
   * @param tokenizer its files go with every checkpoint
   * @param job SHA-256 of what determines the tuned checkpoint
   * @param folder for the finished epochs
   */
  Finetuning(
      FinetuneConfig config,
      Splits splits,
      Encoder encoder,
      TokenizerFiles tokenizer,
      String job,
      Path folder,
      Console console) {
    this.config = config;
    this.splits = splits;
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.job = job;
    this.folder = folder;
    this.console = console;
  }

  /** The folder of a finished epoch. */
  Path checkpoint(int epoch) {
    return folder.resolve("epoch-" + epoch);
  }

  /** The file of a line of statistics every so many steps, beside the folder of the epochs. */
  Path lines() {
    return folder.resolveSibling("training.jsonl");
  }

  private Path optimizerState(int epoch) {
    return folder.resolve("epoch-" + epoch + ".optimizer.safetensors");
  }

  /**
   * Trains all epochs that are not finished yet.
   *
   * @throws ArithmeticException if a gradient is NaN or infinite
   */
  TrainingRecord train() throws IOException {
    AdamROptimizer optimizer =
        new AdamROptimizer(
            adamR(),
            encoder.parameters(),
            Anchor.start(name -> !encoder.config().family().isHead(name)));
    List<Epoch> finished = resume(optimizer);
    Files.createDirectories(folder);
    if (finished.isEmpty()) {
      Files.deleteIfExists(lines());
    }
    DeltaListener listener = new DeltaListener(optimizer, REPORT_EVERY, lines());
    try (Progress progress =
        console.progress("fine-tune", (long) stepsPerEpoch() * config.epochs())) {
      for (int i = 0; i < optimizer.iteration(); i++) {
        progress.step("resumed");
      }
      for (int epoch = finished.size() + 1; epoch <= config.epochs(); epoch++) {
        finished.add(train(epoch, optimizer, listener, progress));
        save(new TrainingRecord(job, finished), optimizer);
      }
    }
    return new TrainingRecord(job, finished);
  }

  private Epoch train(
      int epoch, AdamROptimizer optimizer, DeltaListener listener, Progress progress) {
    long start = System.nanoTime();
    Texts texts = splits.train().texts();
    List<int[]> order =
        Batches.training(texts.lengths(), config.batchSize(), config.seed(), epoch - 1);
    double lossSum = 0;
    double recent = Double.NaN;
    for (int[] indices : order) {
      // One seed a step, so that a resumed training draws the same dropout.
      long dropout = config.seed() * 1_000_003 + optimizer.iteration();
      Gradients gradients = gradients(texts, indices, dropout);
      StepReport step = optimizer.step(gradients.byName());
      lossSum += gradients.loss();
      listener.report(step.iteration(), epoch - 1, gradients.loss());
      recent = Double.isNaN(recent) ? gradients.loss() : 0.95 * recent + 0.05 * gradients.loss();
      progress.step(String.format(Locale.ROOT, "loss %.3f  pull %.2e", recent, step.pull()));
    }
    double seconds = (System.nanoTime() - start) * 1e-9;
    Epoch done =
        new Epoch(
            epoch,
            lossSum / order.size(),
            splits.validation().score(encoder),
            meanAbsDelta(optimizer),
            seconds);
    console.say(
        String.format(
            Locale.ROOT,
            "epoch %d/%d: loss %.3f, validation %s %.3f, mean |Δ| %.2e, %.0f s",
            epoch,
            config.epochs(),
            done.loss(),
            splits.validation().scoring().primary(),
            done.validation(),
            done.meanAbsDelta(),
            seconds));
    return done;
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
    return (splits.train().texts().size() + config.batchSize() - 1) / config.batchSize();
  }

  private static double meanAbsDelta(AdamROptimizer optimizer) {
    double sum = 0;
    long count = 0;
    for (DeltaStatistics layer : optimizer.deltas().values()) {
      sum += layer.meanAbs() * layer.count();
      count += layer.count();
    }
    return sum / count;
  }

  private Gradients gradients(Texts texts, int[] indices, long dropout) {
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

  private static float[] floats(INDArray array) {
    return array.data().asFloat();
  }

  private void save(TrainingRecord record, AdamROptimizer optimizer) throws IOException {
    int epoch = record.epochs().size();
    List<Tensor> moments = new ArrayList<>();
    optimizer
        .state()
        .forEach((name, array) -> moments.add(new FloatTensor(name, array.shape(), floats(array))));
    Safetensors.write(
        optimizerState(epoch),
        moments,
        Map.of("iteration", String.valueOf(optimizer.iteration())),
        true);
    Map<String, byte[]> extras = new HashMap<>(tokenizer.contents());
    extras.put(TrainingRecord.FILE, record.toJson());
    HuggingFaceFolder.write(checkpoint(epoch), encoder.checkpoint(), extras, true);
    for (int old = 1; old < epoch; old++) {
      Files.deleteIfExists(optimizerState(old));
      if (old != record.best()) {
        OutputFolder.delete(checkpoint(old));
      }
    }
  }

  private List<Epoch> resume(AdamROptimizer optimizer) throws IOException {
    int last = config.epochs();
    while (last > 0 && !Files.exists(checkpoint(last))) {
      last--;
    }
    if (last == 0) {
      return new ArrayList<>();
    }
    Path file = checkpoint(last).resolve(TrainingRecord.FILE);
    TrainingRecord record = TrainingRecord.read(file);
    OutputFolder.requireSameJob(file, record.job(), job);
    Checkpoint weights = HuggingFaceFolder.open(checkpoint(last));
    encoder.load(weights);
    Safetensors moments = Safetensors.open(optimizerState(last));
    Map<String, INDArray> state = new HashMap<>();
    moments.tensors().forEach((name, tensor) -> state.put(name, toArray(tensor)));
    optimizer.restore(Integer.parseInt(moments.metadata().get("iteration")), state);
    console.say(
        String.format(
            Locale.ROOT, "fine-tune: goes on after epoch %d, found in %s", last, checkpoint(last)));
    return new ArrayList<>(record.epochs());
  }

  private static INDArray toArray(Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.count())];
    tensor.read(0, values, 0, values.length);
    return Nd4j.createFromArray(values).reshape(tensor.shape());
  }
}
