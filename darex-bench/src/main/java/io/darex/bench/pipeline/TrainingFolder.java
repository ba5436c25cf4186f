package io.darex.bench.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.tokenizer.TokenizerFiles;
import io.darex.optim.AdamROptimizer;
import io.darex.prune.Tensor;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.folder.ModelCard;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What is on disk of a training under way.
 *
 * <p>Every finished epoch is a folder {@code epoch-N}, a checkpoint like any other, with the
 * moments of the optimiser in {@code epoch-N.optimizer.safetensors}; of these the best and the last
 * stay. The folder is written last, so where it is there everything is. Within an epoch {@code
 * step.safetensors}, replaced as a whole, holds weights, moments and sums. What is trained beside
 * the encoder's weights, factors of LoRA, lies with the moments, and {@code epoch-N.adapter} is the
 * adapter of an epoch.
 *
 * @param path of the folder
 * @param tokenizer its files go with every checkpoint
 * @param card makes the README.md of a checkpoint
 */
record TrainingFolder(
    Path path, TokenizerFiles tokenizer, Function<TrainingRecord, ModelCard> card) {
  /** What a training takes of the disk at most, in models: see {@link #save}. */
  static final int MOST_MODELS = 10;

  private static final String STEP = "step.safetensors";
  private static final String ITERATION = "iteration";
  private static final String JOB = "job";
  private static final String LOSS_SUM = "lossSum";
  private static final String SECONDS = "seconds";

  /**
   * Where a training is, besides weights and moments.
   *
   * @param record the finished epochs
   * @param lossSum over the steps of the one under way
   * @param seconds these took
   */
  record State(TrainingRecord record, double lossSum, double seconds) {
    /** The start of the epoch after the last of {@code record}. */
    static State begin(TrainingRecord record) {
      return new State(record, 0, 0);
    }
  }

  /** The folder of a finished epoch. */
  Path checkpoint(int epoch) {
    return checkpoint(path, epoch);
  }

  /** The file of a line of statistics every so many steps, beside this folder. */
  Path lines() {
    return path.resolveSibling("training.jsonl");
  }

  /** Drops the lines of steps that are to be taken again, and one that was cut short. */
  void keepLines(int steps) throws IOException {
    if (!Files.exists(lines())) {
      return;
    }
    StringBuilder kept = new StringBuilder();
    for (String line : Files.readString(lines()).split("(?<=\n)", -1)) {
      OptionalInt step = line.endsWith("\n") ? step(line) : OptionalInt.empty();
      if (step.isEmpty() || step.getAsInt() >= steps) {
        break;
      }
      kept.append(line);
    }
    AtomicWrite.file(lines(), true, file -> Files.writeString(file, kept));
  }

  private static OptionalInt step(String line) {
    try {
      JsonNode step = new ObjectMapper().readTree(line).path("iteration");
      return step.isInt() ? OptionalInt.of(step.asInt()) : OptionalInt.empty();
    } catch (JsonProcessingException e) {
      return OptionalInt.empty();
    }
  }

  /** The PEFT adapter of a finished epoch, where one is trained. */
  Path adapter(int epoch) {
    return path.resolve("epoch-" + epoch + ".adapter");
  }

  private Path optimizerState(int epoch) {
    return path.resolve("epoch-" + epoch + ".optimizer.safetensors");
  }

  /**
   * Saves the end of an epoch, and drops what it makes superfluous. Before that there are the best,
   * the last and this epoch, the moments of two, twice as large as the weights, and a step, three
   * times as large.
   */
  void save(TrainingRecord record, Trainable trained, AdamROptimizer optimizer) throws IOException {
    int epoch = record.epochs().size();
    Safetensors.write(
        optimizerState(epoch),
        state(optimizer, trained),
        Map.of(ITERATION, String.valueOf(optimizer.iteration())),
        true);
    Map<String, byte[]> extras = new HashMap<>(tokenizer.contents());
    extras.put(TrainingRecord.FILE, record.toJson());
    extras.put(ModelCard.FILE, card.apply(record).text());
    trained.writeAdapter(adapter(epoch));
    HuggingFaceFolder.write(checkpoint(epoch), trained.encoder().checkpoint(), extras, true);
    Files.deleteIfExists(path.resolve(STEP));
    for (int old = 1; old < epoch; old++) {
      Files.deleteIfExists(optimizerState(old));
      if (old != record.best()) {
        OutputFolder.delete(checkpoint(old));
        OutputFolder.delete(adapter(old));
      }
    }
  }

  /** Saves a state within an epoch, over an earlier one. */
  void save(State state, Trainable trained, AdamROptimizer optimizer) throws IOException {
    List<Tensor> tensors = state(optimizer, trained);
    tensors.addAll(trained.encoder().checkpoint().tensors().values());
    Map<String, String> metadata =
        Map.of(
            JOB, state.record().job(),
            ITERATION, String.valueOf(optimizer.iteration()),
            // Double.toString comes back as the same double.
            LOSS_SUM, String.valueOf(state.lossSum()),
            SECONDS, String.valueOf(state.seconds()));
    Safetensors.write(path.resolve(STEP), tensors, metadata, true);
  }

  /**
   * Loads the furthest state into encoder and optimiser.
   *
   * @param begun the record of the same training before its first epoch
   * @return empty if there is none
   * @throws io.darex.bench.console.BadInputException if it belongs to another job
   */
  Optional<State> resume(
      TrainingRecord begun, int stepsPerEpoch, Trainable trained, AdamROptimizer optimizer)
      throws IOException {
    TrainingRecord record = finished(path, begun);
    int last = record.epochs().size();
    Path file = path.resolve(STEP);
    if (Files.exists(file)) {
      Safetensors step = Safetensors.open(file);
      OutputFolder.requireSameJob(file, step.metadata().get(JOB), begun.job());
      // Killed between saving an epoch and deleting its steps, a training leaves an older one here.
      if (iteration(step) > last * stepsPerEpoch) {
        load(trained.encoder(), step);
        restore(optimizer, trained, step);
        return Optional.of(
            new State(
                record,
                Double.parseDouble(step.metadata().get(LOSS_SUM)),
                Double.parseDouble(step.metadata().get(SECONDS))));
      }
    }
    if (last == 0) {
      return Optional.empty();
    }
    trained.encoder().load(HuggingFaceFolder.open(checkpoint(last)));
    restore(optimizer, trained, Safetensors.open(optimizerState(last)));
    return Optional.of(State.begin(record));
  }

  /**
   * The record with the epochs that are finished.
   *
   * @param training the folder
   * @param begun the record of the same training before its first epoch
   * @throws io.darex.bench.console.BadInputException if they belong to another job
   */
  static TrainingRecord finished(Path training, TrainingRecord begun) throws IOException {
    int last = begun.plannedEpochs();
    while (last > 0 && !Files.exists(checkpoint(training, last))) {
      last--;
    }
    if (last == 0) {
      return begun;
    }
    Path file = checkpoint(training, last).resolve(TrainingRecord.FILE);
    TrainingRecord read = TrainingRecord.read(file);
    OutputFolder.requireSameJob(file, read.job(), begun.job());
    return begun.with(read.epochs());
  }

  private static Path checkpoint(Path training, int epoch) {
    return training.resolve("epoch-" + epoch);
  }

  private static int iteration(Safetensors file) {
    return Integer.parseInt(file.metadata().get(ITERATION));
  }

  private static List<Tensor> state(AdamROptimizer optimizer, Trainable trained) {
    SortedMap<String, INDArray> arrays = new TreeMap<>(optimizer.state());
    arrays.putAll(trained.own());
    List<Tensor> tensors = new ArrayList<>();
    arrays.forEach(
        (name, array) -> tensors.add(new FloatTensor(name, array.shape(), array.data().asFloat())));
    return tensors;
  }

  /** Moments are {@code m:NAME} and {@code v:NAME}; names of weights have no colon. */
  private static boolean isMoment(String name) {
    return name.startsWith("m:") || name.startsWith("v:");
  }

  private static void load(Encoder encoder, Safetensors step) {
    SortedMap<String, Tensor> weights = new TreeMap<>(step.tensors());
    weights.keySet().removeIf(TrainingFolder::isMoment);
    encoder.load(new InMemoryCheckpoint(weights, Optional.empty()));
  }

  private static void restore(AdamROptimizer optimizer, Trainable trained, Safetensors file) {
    Map<String, INDArray> state = new HashMap<>();
    file.tensors()
        .forEach(
            (name, tensor) -> {
              if (isMoment(name)) {
                state.put(name, toArray(tensor));
              }
            });
    optimizer.restore(iteration(file), state);
    trained.own().forEach((name, array) -> array.assign(toArray(file.tensors().get(name))));
    trained.loaded();
  }

  private static INDArray toArray(Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.count())];
    tensor.read(0, values, 0, values.length);
    return Nd4j.createFromArray(values).reshape(tensor.shape());
  }
}
