package io.darex.bench.pipeline;

import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.task.LabelOrder;
import io.darex.bench.task.Task;
import io.darex.prune.Checkpoint;
import io.darex.prune.KeptTensor;
import io.darex.prune.MismatchException;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.Finiteness;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A sparse delta that a fine-tune starts from, and whose kept entries it trains.
 *
 * @param delta fits the encoder and the task
 */
record Support(SparseDelta delta) {
  /**
   * The digest of all that the file holds.
   *
   * @throws io.darex.prune.file.MalformedFileException if it is no safetensors file
   */
  static String digest(Path file) throws IOException {
    Safetensors read = Safetensors.open(file);
    return CheckpointDigest.of(read.metadata(), read.tensors().values(), Finiteness.IGNORED);
  }

  /**
   * Reads a file and says what it holds.
   *
   * @param architecture of the encoder that is to be trained
   * @throws BadInputException if it was made from another base, keeps nothing, does not fit the
   *     architecture, or has a head for other labels
   * @throws io.darex.prune.file.MalformedFileException if it is no sparse delta
   */
  static Support open(
      Path file, Pretrained pretrained, EncoderConfig architecture, Task task, Console console)
      throws IOException {
    SparseDelta delta = SparseDeltaFile.read(file);
    Checkpoint base = pretrained.checkpoint();
    try {
      CheckpointDigest.requireBase(delta, base);
      Checkpoint start = delta.applyTo(base);
      EncoderConfig own = start.config().isEmpty() ? architecture : EncoderConfig.of(start);
      Evaluation.scorable(own, start, task, Optional.empty(), file.toString(), console::say);
      requireOrder(file, own.labels(), task);
      architecture.requireFits(start);
    } catch (MismatchException e) {
      throw new BadInputException(
          file + ": expected a sparse delta of the encoder, got another: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(file + ": " + e.getMessage(), e);
    }
    long kept = delta.kept().values().stream().mapToLong(KeptTensor::kept).sum();
    long entries =
        delta.kept().values().stream().mapToLong(tensor -> Tensor.count(tensor.shape())).sum();
    if (kept == 0) {
      throw new BadInputException(
          file + ": expected a sparse delta with kept entries, got none of " + entries);
    }
    console.say(
        String.format(
            Locale.ROOT,
            "support: trains %,d of %,d entries, and %d tensors as a whole",
            kept,
            entries,
            delta.whole().size()));
    return new Support(delta);
  }

  /** Training has the classes in the task's order. */
  private static void requireOrder(Path file, List<String> classes, Task task) {
    if (task.regression()) {
      return;
    }
    double[] labels = IntStream.range(0, classes.size()).asDoubleStream().toArray();
    int[] order = LabelOrder.of(classes, task).classes(labels);
    if (!Arrays.equals(order, IntStream.range(0, order.length).toArray())) {
      throw new BadInputException(
          file
              + ": expected a head with the labels of task "
              + task.name()
              + " in their order, "
              + String.join(", ", task.labels())
              + ", got "
              + String.join(", ", classes));
    }
  }
}
