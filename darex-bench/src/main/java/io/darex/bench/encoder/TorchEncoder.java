package io.darex.bench.encoder;

import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import io.darex.prune.Checkpoint;
import io.darex.prune.LayerInput;
import io.darex.prune.PlaceStorage;
import io.darex.prune.SparseDelta;
import java.util.Arrays;
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
  private final int threads;
  private final TorchWeights weights;
  private final DeviceMemory memory;

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
    weights = new TorchWeights(config, parameters.arrays(), slots, device, precision);
    memory = new DeviceMemory(device);
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

  private float[][] rows(Batch batch, Function<TorchPass, Tensor> result) {
    return memory
        .inParts(batch, part -> TorchOps.rows(result.apply(begin(inference(part), false))))
        .stream()
        .flatMap(Arrays::stream)
        .toArray(float[][]::new);
  }

  @Override
  public float[] lastHidden(Batch batch) {
    int width = config.hiddenSize();
    float[] result = new float[batch.rows() * batch.columns() * width];
    int start = 0;
    for (float[] part : memory.inParts(batch, this::padded)) {
      System.arraycopy(part, 0, result, start, part.length);
      start += part.length;
    }
    return result;
  }

  private float[] padded(Batch batch) {
    Pass pass = inference(batch);
    float[] hidden = TorchOps.values(begin(pass, false).hidden());
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
        memory.whole(batch, all -> watched(begin(inference(all), false, watcher)));
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
    return memory.whole(
        batch,
        all -> {
          TorchPass pass = begin(training(all, dropoutSeed), true);
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
