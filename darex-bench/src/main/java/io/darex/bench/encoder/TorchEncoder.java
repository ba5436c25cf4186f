package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import io.darex.prune.LayerInput;
import io.darex.prune.PlaceStorage;
import io.darex.prune.SparseDelta;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * The engine on PyTorch, for every family: parameters and gradients are memory that ND4J and
 * PyTorch share, and what an optimiser changes is what the next pass reads.
 *
 * <p>It computes what {@link DirectEncoder} does, dropout included, up to rounding; which rounding
 * depends on the number of threads. Only a build with the Maven profile {@code torch} has it.
 */
public final class TorchEncoder extends HostEncoder {
  private final int threads;

  /**
   * An encoder with the weights of {@code checkpoint}.
   *
   * @param config with labels for a head
   * @param headSeed seed of the layers of the head (normal, σ = 0.02, bias 0) that are {@link
   *     EncoderConfig#drawnLayers drawn}
   * @param threads of PyTorch's own loops; its products are OpenBLAS's, on that one's threads
   * @throws IllegalArgumentException as {@link #load} does
   */
  TorchEncoder(EncoderConfig config, Checkpoint checkpoint, long headSeed, int threads) {
    super(config, checkpoint, headSeed);
    this.threads = threads;
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
    Pass pass = inference(batch);
    return TorchOps.scoped(() -> TorchOps.rows(result.apply(begin(pass, leaves(false)))));
  }

  @Override
  public float[] lastHidden(Batch batch) {
    Pass pass = inference(batch);
    float[] hidden = TorchOps.scoped(() -> TorchOps.values(begin(pass, leaves(false)).hidden()));
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
        TorchOps.scoped(() -> watched(begin(pass, leaves(false), watcher)));
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
  double intoGradients(Pass pass, Loss loss) {
    return TorchOps.scoped(
        () -> {
          SortedMap<String, Tensor> leaves = leaves(true);
          TorchPass torchPass = begin(pass, leaves);
          Tensor logits =
              torchPass.logits(torchPass.activated(torchPass.dense(torchPass.firsts())));
          float[][] scores = TorchOps.rows(logits);
          double value = loss.intoGradient(scores);
          logits.backward(
              TorchOps.floats(flat(scores), scores.length, config.classes()),
              new BoolOptional(),
              false,
              new TensorArrayRefOptional());
          slots
              .gradients()
              .forEach((name, array) -> TorchOps.shared(array).copy_(leaves.get(name).grad()));
          return value;
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

  private TorchPass begin(Pass pass, Map<String, Tensor> leaves) {
    return begin(pass, leaves, (layers, x) -> {});
  }

  private TorchPass begin(Pass pass, Map<String, Tensor> leaves, TorchPass.Watcher watcher) {
    torch.set_num_threads(threads);
    return new TorchPass(config, leaves, slots, pass, attached(), watcher);
  }

  /** The live parameters, and what a delta beside them has in their place. */
  private SortedMap<String, Tensor> leaves(boolean differentiated) {
    SortedMap<String, Tensor> leaves = new TreeMap<>();
    parameters
        .arrays()
        .forEach(
            (name, array) -> {
              Floats values = attached().value(slots.get(name));
              Tensor leaf = TorchOps.shared(values, array.shape());
              leaves.put(name, leaf.requires_grad_(differentiated));
            });
    return leaves;
  }
}
