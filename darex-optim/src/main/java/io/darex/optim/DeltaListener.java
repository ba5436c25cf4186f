package io.darex.optim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import lombok.extern.slf4j.Slf4j;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * Shows AdamR at work: the deltas of each layer, loss, s and the effective pull, every so many
 * iterations, to the log and, if wanted, as JSON lines to a file.
 *
 * <p>One listener for all of DL4J's networks: {@code network.addListeners(new DeltaListener(adamR,
 * 100))}, where {@code adamR} is what {@code AdamR.attach} returned. It warns once when λη/s was
 * above 1 and so was clamped, at whatever iteration that happens.
 *
 * <p>A line of JSON has {@code iteration}, {@code epoch}, {@code loss}, {@code learningRate},
 * {@code lambda}, {@code s}, {@code pull}, {@code gradientNorm} and {@code layers}, an object of
 * {@link DeltaStatistics} by layer. A number that is not finite is a string, {@code "NaN"}.
 */
@Slf4j
public final class DeltaListener extends BaseListener implements TrainingListener {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final AdamRTraining training;
  private final int interval;
  private final Path file;
  private final Set<String> asked = new HashSet<>();
  private TrainingConfig asking;
  private boolean warned;

  /**
   * Reports to the log.
   *
   * @param interval report the iterations, from 0, that are multiples of it
   * @throws IllegalArgumentException if the interval is not positive
   */
  public DeltaListener(AdamRTraining training, int interval) {
    this(training, interval, null);
  }

  /**
   * Reports to the log and to a file, to which lines are appended.
   *
   * @param file null for none
   * @throws IllegalArgumentException if the interval is not positive, or the file's folder does not
   *     exist
   */
  public DeltaListener(AdamRTraining training, int interval, Path file) {
    if (interval < 1) {
      throw new IllegalArgumentException("interval must be at least 1, got " + interval);
    }
    if (file != null && !Files.isDirectory(file.toAbsolutePath().getParent())) {
      throw new IllegalArgumentException("there is no folder for " + file);
    }
    this.training = training;
    this.interval = interval;
    this.file = file;
  }

  /** One line of the file. */
  record Line(
      int iteration,
      int epoch,
      double loss,
      double learningRate,
      double lambda,
      double s,
      double pull,
      double gradientNorm,
      SortedMap<String, DeltaStatistics> layers) {}

  /**
   * Reports one iteration; DL4J's networks call this themselves, a loop of one's own with an {@link
   * AdamROptimizer} does after each step.
   *
   * @throws IllegalStateException if the last AdamR step was not that of {@code iteration}
   * @throws UncheckedIOException if the file cannot be written
   */
  public void report(int iteration, int epoch, double loss) {
    StepReport step = training.lastStep().orElse(null);
    if (step == null || step.iteration() != iteration) {
      throw new IllegalStateException(
          "iteration %d: AdamR has not taken its step; add this listener after AdamR.attach, to the same network"
              .formatted(iteration));
    }
    if (step.clamped() && !warned) {
      warned = true;
      log.warn(
          "iteration {}: λη/s is {}·{}/{}, above 1, and was clamped; λ is too large",
          iteration,
          step.lambda(),
          step.learningRate(),
          step.s());
    }
    if (iteration % interval != 0) {
      return;
    }
    Line line =
        new Line(
            iteration,
            epoch,
            loss,
            step.learningRate(),
            step.lambda(),
            step.s(),
            step.pull(),
            step.gradientNorm(),
            training.deltas());
    write(line);
    if (log.isInfoEnabled()) {
      log.info(
          "iteration {}, loss {}, s {}, pull {}",
          iteration,
          form(loss),
          form(line.s()),
          form(line.pull()));
      line.layers().forEach((layer, delta) -> log.info("  {}: {}", layer, form(delta)));
    }
  }

  private void write(Line line) {
    if (file == null) {
      return;
    }
    try {
      // Opened anew for each line: what a killed training has reported is on the disk.
      Files.writeString(
          file,
          JSON.writeValueAsString(line) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write " + line + " as JSON", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to " + file, e);
    }
  }

  private static String form(double number) {
    return String.format(Locale.ROOT, "%.4g", number);
  }

  private static String form(DeltaStatistics delta) {
    return String.format(
        Locale.ROOT,
        "mean |Δ| %.3g, max %.3g, variance %.3g, zero %.1f %%",
        delta.meanAbs(),
        delta.maxAbs(),
        delta.variance(),
        100 * delta.zeroShare());
  }

  @Override
  public boolean isActive(Operation operation) {
    return operation == Operation.TRAINING;
  }

  /**
   * M2.1 reports a loss of 0 where the gradient does not need the loss itself, which is so for all
   * its loss functions, and forgets what listeners say they require. It does compute what it is to
   * evaluate; so that is asked for, of no evaluation, while an iteration lasts.
   */
  @Override
  public void iterationStart(SameDiff sd, At at, MultiDataSet data, long etlTimeMs) {
    asking = sd.getTrainingConfig();
    for (String loss : sd.getLossVariables()) {
      if (asking.getTrainEvaluations().putIfAbsent(loss, List.of()) == null) {
        asked.add(loss);
      }
    }
  }

  @Override
  public void iterationDone(SameDiff sd, At at, MultiDataSet data, Loss loss) {
    asking.getTrainEvaluations().keySet().removeAll(asked);
    asked.clear();
    report(at.iteration(), at.epoch(), loss.totalLoss());
  }

  @Override
  public void iterationDone(Model network, int iteration, int epoch) {
    report(iteration, epoch, network.score());
  }

  @Override
  public void onEpochStart(Model network) {}

  @Override
  public void onEpochEnd(Model network) {}

  @Override
  public void onForwardPass(Model network, List<INDArray> activations) {}

  @Override
  public void onForwardPass(Model network, Map<String, INDArray> activations) {}

  @Override
  public void onGradientCalculation(Model network) {}

  @Override
  public void onBackwardPass(Model network) {}
}
