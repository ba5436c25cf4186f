package io.darex.bench.encoder;

import io.darex.bench.console.BadInputException;
import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import io.darex.prune.Checkpoint;
import io.darex.prune.LayerInput;
import io.darex.prune.PlaceStorage;
import io.darex.prune.SparseDelta;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.function.Function;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The engine on PyTorch, for every family. On the processor parameters and gradients are memory
 * that ND4J and PyTorch share, and what an optimiser changes is what the next pass reads; on a card
 * they are copies ({@link TorchWeights}), and AdamR steps there ({@link TorchKernel}).
 *
 * <p>It computes what {@link DirectEncoder} does, dropout included, up to rounding; which rounding
 * depends on the number of threads. Only a build with the Maven profile {@code torch} has it.
 */
public final class TorchEncoder extends HostEncoder {
  /** How much of PyTorch's own words is repeated. */
  private static final int LONGEST = 120;

  private final int threads;
  private final Device device;
  private final TorchWeights weights;

  /**
   * An encoder with the weights of {@code checkpoint}.
   *
   * @param config with labels for a head
   * @param headSeed seed of the layers of the head (normal, σ = 0.02, bias 0) that are {@link
   *     EncoderConfig#drawnLayers drawn}
   * @param threads of PyTorch's own loops; its products are OpenBLAS's, on that one's threads
   * @param device that there is
   * @param precision of everything but gradients
   * @throws IllegalArgumentException as {@link #load} does
   */
  TorchEncoder(
      EncoderConfig config,
      Checkpoint checkpoint,
      long headSeed,
      int threads,
      Device device,
      Precision precision) {
    super(config, checkpoint, headSeed);
    this.threads = threads;
    this.device = device;
    weights = new TorchWeights(config, parameters.arrays(), slots, device, precision);
  }

  @Override
  void requireKeeps(SparseDelta delta) {
    if (delta.mask().places() != PlaceStorage.COLUMNS) {
      throw new IllegalArgumentException(
          "expected a sparse delta of mask columns for engine torch, got one of mask "
              + delta.mask().kind());
    }
  }

  @Override
  public float[][] logits(Batch batch) {
    config.requireHead();
    return rows(batch, pass -> pass.logits(pass.activated(pass.dense(pass.firsts()))));
  }

  @Override
  public float[][] pooled(Batch batch) {
    boolean pooler = config.family().hasPooler();
    return rows(batch, pass -> pooler ? pass.activated(pass.dense(pass.firsts())) : pass.firsts());
  }

  @Override
  public float[][] dense(Batch batch) {
    config.requireDense();
    return rows(batch, pass -> pass.dense(pass.firsts()));
  }

  private float[][] rows(Batch batch, Function<TorchPass, Tensor> result) {
    return inMemory(batch, some -> TorchOps.rows(result.apply(begin(inference(some), false))));
  }

  @Override
  public float[] lastHidden(Batch batch) {
    Pass pass = inference(batch);
    float[] hidden =
        inMemory(batch, some -> TorchOps.values(begin(inference(some), false).hidden()));
    int width = config.hiddenSize();
    float[] result = new float[batch.rows() * batch.columns() * width];
    for (int token = 0; token < pass.packed().tokens; token++) {
      int place = pass.packed().places[token];
      System.arraycopy(hidden, token * width, result, place * width, width);
    }
    return result;
  }

  @Override
  public SortedMap<String, LayerInput> inputs(List<Batch> batches) {
    try (Workers workers = new Workers(threads);
        Floats rows = new Floats()) {
      InputRecorder recorder = new InputRecorder(workers);
      TorchPass.Watcher watcher =
          (layers, x) -> {
            rows.reserve(x.numel()).put(0, TorchOps.values(x), Math.toIntExact(x.numel()));
            recorder.add(layers, rows, Math.toIntExact(x.size(1)), Math.toIntExact(x.size(0)));
          };
      for (Batch batch : batches) {
        Pass pass = inference(batch);
        TorchOps.scoped(() -> watched(begin(pass, false, watcher)));
      }
      return recorder.inputs();
    }
  }

  /** Everything, so that all that enters any layer has been seen. */
  private Tensor watched(TorchPass pass) {
    Tensor hidden = pass.hidden();
    if (!config.hasDense()) {
      return hidden;
    }
    Tensor activated = pass.activated(pass.dense(pass.firsts(hidden)));
    return config.classes() == 0 ? activated : pass.logits(activated);
  }

  @Override
  Gradients gradients(Batch batch, Loss loss, OptionalLong dropoutSeed) {
    return inMemory(
        batch,
        some -> {
          TorchPass pass = begin(training(some, dropoutSeed), true);
          Tensor logits = pass.logits(pass.activated(pass.dense(pass.firsts())));
          float[][] scores = TorchOps.rows(logits);
          double value = loss.intoGradient(scores);
          logits.backward(
              weights.placed(TorchOps.floats(flat(scores), scores.length, config.classes())),
              new BoolOptional(),
              false,
              new TensorArrayRefOptional());
          return new Gradients(value, weights.gradients());
        });
  }

  /**
   * What {@code work} gives for a batch.
   *
   * @throws BadInputException if the device has not the memory, saying how many texts fit
   */
  private <T> T inMemory(Batch batch, Function<Batch, T> work) {
    try {
      return TorchOps.scoped(() -> work.apply(batch));
    } catch (RuntimeException e) {
      if (!TorchOps.isOutOfMemory(e)) {
        throw e;
      }
      int fitting = batch.rows() / 2;
      while (fitting > 0 && !fits(batch.first(fitting), work)) {
        fitting /= 2;
      }
      String why = e.getMessage().lines().findFirst().orElseThrow();
      throw new BadInputException(
          "device "
              + device
              + ": out of memory with a batch of "
              + batch.rows()
              + " texts of "
              + batch.columns()
              + " tokens; "
              + (fitting == 0 ? "not even 1 fits" : "one of " + fitting + " fits")
              + " (PyTorch: "
              + (why.length() > LONGEST ? why.substring(0, LONGEST) + " …" : why)
              + ")",
          e);
    }
  }

  private static <T> boolean fits(Batch batch, Function<Batch, T> work) {
    try {
      TorchOps.scoped(() -> work.apply(batch));
      return true;
    } catch (RuntimeException e) {
      if (TorchOps.isOutOfMemory(e)) {
        return false;
      }
      throw e;
    }
  }

  private static float[] flat(float[][] rows) {
    int width = rows[0].length;
    float[] all = new float[rows.length * width];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(rows[row], 0, all, row * width, width);
    }
    return all;
  }

  private TorchPass begin(Pass pass, boolean differentiated) {
    return begin(pass, differentiated, (layers, x) -> {});
  }

  private TorchPass begin(Pass pass, boolean differentiated, TorchPass.Watcher watcher) {
    torch.set_num_threads(threads);
    weights.begin(differentiated);
    return new TorchPass(config, weights, slots, pass, attached(), watcher);
  }

  @Override
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> arrays = super.parameters();
    weights.lend();
    return arrays;
  }

  @Override
  public AdamROptimizer optimizer(AdamR adamR, Anchor anchor) {
    return weights
        .kernels()
        .map(maker -> new AdamROptimizer(adamR, downloaded(), anchor, maker))
        .orElseGet(() -> new AdamROptimizer(adamR, parameters(), anchor));
  }

  private Map<String, INDArray> downloaded() {
    weights.download();
    return super.parameters();
  }

  @Override
  void beforeReading() {
    weights.download();
  }

  @Override
  void afterSetting() {
    weights.changed();
  }

  @Override
  public void close() {
    super.close();
    weights.close();
  }
}
