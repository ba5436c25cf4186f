package io.darex.bench.encoder;

import io.darex.bench.encoder.Packed.Piece;
import io.darex.prune.Checkpoint;
import io.darex.prune.SparseDelta;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The engine for processors: forward and backward pass of every family written out, on buffers in
 * host memory that are kept from batch to batch.
 *
 * <p>Padding is dropped before the first layer, each thread takes whole texts through all layers,
 * products are OpenBLAS's, and where only first tokens are read the last layer computes only those.
 * Results are the same bytes on any number of threads.
 */
public final class DirectEncoder implements Encoder {
  private final EncoderConfig config;
  private final Parameters parameters;
  private final Slots slots;
  private final Workers workers;
  private final Embeddings embeddings;
  private final List<TransformerLayer> layers = new ArrayList<>();
  private final Head head;

  /** Inputs of the layers: one for inference, which works in place, all for training. */
  private final List<Floats> hidden = new ArrayList<>();

  private final List<LayerActivations> activations = new ArrayList<>();
  private final LayerActivations lastActivations = new LayerActivations(new Floats());
  private final LayerGradients work = new LayerGradients();

  /** The last layer's output at the first token of each text, and then its gradient. */
  private final Floats firsts = new Floats();

  /** Of a layer's input, {@code [tokens, hidden]}. */
  private final Floats inputGradient = new Floats();

  /** The delta that is on, beside the weights. */
  private Optional<AttachedDelta> attached = Optional.empty();

  /**
   * An encoder with the weights of {@code checkpoint}.
   *
   * @param config with labels for a head
   * @param headSeed seed of the layers of the head (normal, σ = 0.02, bias 0) that the checkpoint
   *     has not
   * @throws IllegalArgumentException as {@link #load} does
   */
  public DirectEncoder(EncoderConfig config, Checkpoint checkpoint, long headSeed) {
    this(config, checkpoint, headSeed, Workers.THREADS);
  }

  DirectEncoder(EncoderConfig config, Checkpoint checkpoint, long headSeed, int threads) {
    this.config = config;
    parameters = Parameters.started(config, checkpoint, headSeed, DataType.FLOAT);
    slots = new Slots(parameters.arrays());
    workers = new Workers(threads);
    embeddings = new Embeddings(config, slots);
    for (int i = 0; i < config.layers(); i++) {
      layers.add(new TransformerLayer(i, config, slots));
    }
    head = new Head(config, slots);
  }

  @Override
  public EncoderConfig config() {
    return config;
  }

  @Override
  public float[][] logits(Batch batch) {
    config.requireHead();
    Pass pass = new Pass(new Packed(batch, config), false, 0);
    forward(pass, true);
    return onOneThread(scratch -> head.logits(pass, firsts, scratch));
  }

  @Override
  public float[][] pooled(Batch batch) {
    Pass pass = new Pass(new Packed(batch, config), false, 0);
    forward(pass, true);
    return onOneThread(scratch -> head.pooled(pass, firsts, scratch));
  }

  @Override
  public float[] lastHidden(Batch batch) {
    Pass pass = new Pass(new Packed(batch, config), false, 0);
    forward(pass, false);
    int width = config.hiddenSize();
    float[] result = new float[batch.rows() * batch.columns() * width];
    for (int token = 0; token < pass.packed().tokens; token++) {
      int place = pass.packed().places[token];
      hidden.get(0).get((long) token * width, result, place * width, width);
    }
    return result;
  }

  /**
   * All layers.
   *
   * @param first whether only first tokens are wanted, which then are in {@link #firsts}; else the
   *     result is where the last layer's input was
   */
  private void forward(Pass pass, boolean first) {
    Packed packed = pass.packed();
    reserve(packed, pass.training());
    int last = layers.size() - 1;
    workers.run(
        packed.pieces.length,
        (number, scratch) -> {
          Piece piece = packed.pieces[number];
          embeddings.forward(pass, piece, hidden.get(0), scratch);
          for (int i = 0; i <= last; i++) {
            Floats x = input(i, pass.training());
            if (first && i == last) {
              layers.get(i).forward(pass, piece, true, x, firsts, lastActivations, scratch);
            } else {
              Floats y = input(i + 1, pass.training());
              LayerActivations kept = activations.get(pass.training() ? i : 0);
              layers.get(i).forward(pass, piece, false, x, y, kept, scratch);
            }
          }
        });
  }

  private Floats input(int layer, boolean training) {
    return hidden.get(training ? layer : 0);
  }

  private void reserve(Packed packed, boolean training) {
    int kept = training ? layers.size() : 1;
    while (hidden.size() < kept) {
      hidden.add(new Floats());
      activations.add(new LayerActivations(work.activated));
    }
    long size = (long) packed.tokens * config.hiddenSize();
    for (int i = 0; i < kept; i++) {
      hidden.get(i).reserve(size);
      if (!training || i < layers.size() - 1) {
        activations.get(i).reserve(config, packed.tokens, packed.tokens, training);
      }
    }
    lastActivations.asking.reserve((long) packed.texts * config.hiddenSize());
    lastActivations.reserve(config, packed.tokens, packed.texts, training);
    firsts.reserve((long) packed.texts * config.hiddenSize());
    embeddings.reserve(packed.tokens, training);
    if (training) {
      work.reserve(config, packed.tokens);
    }
  }

  @Override
  public Gradients gradients(Batch batch, int[] labels, long dropoutSeed) {
    Loss loss = Loss.crossEntropy(config, batch, labels);
    return gradients(batch, loss, dropoutSeed);
  }

  @Override
  public Gradients gradients(Batch batch, float[] targets, long dropoutSeed) {
    Loss loss = Loss.squaredError(config, batch, targets);
    return gradients(batch, loss, dropoutSeed);
  }

  private Gradients gradients(Batch batch, Loss loss, long dropoutSeed) {
    requireDetached("training");
    SortedMap<String, INDArray> gradients = slots.gradients();
    Pass pass = new Pass(new Packed(batch, config), true, dropoutSeed);
    forward(pass, true);
    float[][] scores = onOneThread(scratch -> head.logits(pass, firsts, scratch));
    double value = loss.intoGradient(scores);
    run(onOneThread(scratch -> head.backward(pass, scores, firsts, scratch)));
    backward(pass);
    return new Gradients(value, gradients);
  }

  private void backward(Pass pass) {
    Packed packed = pass.packed();
    Piece[] pieces = packed.pieces;
    Floats dx = inputGradient.reserve((long) packed.tokens * config.hiddenSize());
    for (int i = layers.size() - 1; i >= 0; i--) {
      boolean first = i == layers.size() - 1;
      TransformerLayer layer = layers.get(i);
      Floats dy = first ? firsts : dx;
      LayerActivations kept = first ? lastActivations : activations.get(i);
      layer.beginBackward(pieces.length);
      workers.run(
          pieces.length,
          (number, scratch) ->
              layer.backward(pass, pieces[number], first, dy, dx, kept, work, scratch));
      run(layer.parameterGradients(packed, first, hidden.get(i), kept, work));
    }
    embeddings.beginBackward(pieces.length);
    workers.run(
        pieces.length, (number, scratch) -> embeddings.backward(pass, pieces[number], dx, scratch));
    run(embeddings.parameterGradients(packed, dx));
  }

  private void run(List<Workers.Task> tasks) {
    workers.run(tasks.size(), (number, scratch) -> tasks.get(number).run(number, scratch));
  }

  private interface Computation<T> {
    T with(Scratch scratch);
  }

  private <T> T onOneThread(Computation<T> computation) {
    List<T> result = new ArrayList<>();
    workers.run(1, (number, scratch) -> result.add(computation.with(scratch)));
    return result.get(0);
  }

  @Override
  public Map<String, INDArray> parameters() {
    return parameters.arrays();
  }

  @Override
  public Checkpoint checkpoint() {
    requireDetached("a copy of the parameters");
    return parameters.snapshot();
  }

  @Override
  public void load(Checkpoint checkpoint) {
    requireDetached("loading");
    parameters.load(checkpoint);
  }

  @Override
  public void attach(SparseDelta delta) {
    detach();
    attached = Optional.of(new AttachedDelta(delta, parameters, slots));
  }

  @Override
  public void detach() {
    attached.ifPresent(AttachedDelta::close);
    attached = Optional.empty();
  }

  @Override
  public MultiplyAdds multiplyAdds() {
    return attached
        .orElseThrow(() -> new IllegalStateException("no delta is attached"))
        .multiplyAdds();
  }

  private void requireDetached(String what) {
    if (attached.isPresent()) {
      throw new IllegalStateException(
          "expected no delta attached for " + what + ", came one: detach it first");
    }
  }

  @Override
  public void close() {
    workers.close();
    detach();
    hidden.forEach(Floats::close);
    activations.forEach(LayerActivations::close);
    lastActivations.close();
    work.close();
    firsts.close();
    inputGradient.close();
    embeddings.close();
    head.close();
    slots.close();
    parameters.close();
  }
}
