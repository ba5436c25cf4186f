package io.darex.bench.encoder;

import io.darex.bench.encoder.Packed.Piece;
import io.darex.bench.encoder.Pass.Run;
import io.darex.prune.Checkpoint;
import io.darex.prune.LayerInput;
import io.darex.prune.SparseDelta;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The engine for processors: forward and backward pass of every family written out, on buffers in
 * host memory that are kept from batch to batch.
 *
 * <p>Padding is dropped before the first layer, each thread takes whole texts through all layers,
 * products are OpenBLAS's, and where only first tokens are read the last layer computes only those.
 * Results are the same bytes on any number of threads.
 */
public final class DirectEncoder extends HostEncoder {
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

  /**
   * An encoder with the weights of {@code checkpoint}.
   *
   * @param config with labels for a head
   * @param headSeed seed of the layers of the head (normal, σ = 0.02, bias 0) that are {@link
   *     EncoderConfig#drawnLayers drawn}
   * @throws IllegalArgumentException as {@link #load} does
   */
  public DirectEncoder(EncoderConfig config, Checkpoint checkpoint, long headSeed) {
    this(config, checkpoint, headSeed, Workers.THREADS);
  }

  DirectEncoder(EncoderConfig config, Checkpoint checkpoint, long headSeed, int threads) {
    super(config, checkpoint, headSeed);
    workers = new Workers(threads);
    embeddings = new Embeddings(config, slots);
    for (int i = 0; i < config.layers(); i++) {
      layers.add(new TransformerLayer(i, config, slots));
    }
    head = new Head(config, slots::get);
  }

  @Override
  public float[][] logits(Batch batch) {
    config.requireHead();
    return ofTexts(inference(batch), Head::logits);
  }

  /**
   * The scores of texts of many fine-tunes, each by its own head. The products of the base are
   * shared; neighbours of one fine-tune share its own too.
   *
   * @param deltas of each text, its fine-tune: of {@link #beside}, or of a {@link Resident}
   * @return a row for each text, as long as its fine-tune has classes
   */
  public float[][] logits(Batch batch, List<BesideDelta> deltas) {
    if (deltas.size() != batch.rows()) {
      throw new IllegalArgumentException(
          "expected a fine-tune of each of " + batch.rows() + " texts, got " + deltas.size());
    }
    return ofTexts(inference(batch, deltas), Head::logits);
  }

  /**
   * A fine-tune to compute with beside the weights, which may not be changed from then on.
   *
   * @param delta made from these weights
   * @param config of the fine-tune, with its labels
   * @throws IllegalArgumentException as {@link #attach} does, or if the config is of another
   *     architecture
   */
  public BesideDelta beside(SparseDelta delta, EncoderConfig config) {
    parameters.requireOpen();
    return new BesideDelta(delta, config, this);
  }

  /** Room for one fine-tune merged with the weights. */
  public Resident resident() {
    parameters.requireOpen();
    return new Resident(matrices());
  }

  /** Of the entries of the layers' matrices, the share that a fine-tune keeps, in [0, 1]. */
  public double keptShare(BesideDelta delta) {
    return delta.keptShare(matrices());
  }

  /** Those that products take most of the time with. */
  private List<Slot> matrices() {
    List<Slot> matrices = new ArrayList<>();
    for (int i = 0; i < config.layers(); i++) {
      Family.LayerNames names = config.family().layer(i);
      Stream.of(
              names.query(),
              names.key(),
              names.value(),
              names.attentionOutput(),
              names.intermediate(),
              names.output())
          .forEach(name -> matrices.add(slots.get(name + ".weight")));
    }
    return matrices;
  }

  @Override
  public float[][] pooled(Batch batch) {
    return ofTexts(inference(batch), Head::pooled);
  }

  /** What a head makes of a run of texts. */
  private interface OfHead {
    float[][] rows(Head head, Pass pass, Run run, Floats firsts, Scratch scratch);
  }

  private float[][] ofTexts(Pass pass, OfHead ofHead) {
    forward(pass, true);
    return headed(pass, ofHead);
  }

  private float[][] headed(Pass pass, OfHead ofHead) {
    return onOneThread(
        scratch ->
            pass.texts().stream()
                .flatMap(
                    run ->
                        Arrays.stream(
                            ofHead.rows(
                                run.delta().head().orElse(head), pass, run, firsts, scratch)))
                .toArray(float[][]::new));
  }

  @Override
  public float[] lastHidden(Batch batch) {
    Pass pass = inference(batch);
    forward(pass, false);
    int width = config.hiddenSize();
    float[] result = new float[batch.rows() * batch.columns() * width];
    for (int token = 0; token < pass.packed().tokens; token++) {
      int place = pass.packed().places[token];
      hidden.get(0).get((long) token * width, result, place * width, width);
    }
    return result;
  }

  @Override
  public SortedMap<String, LayerInput> inputs(List<Batch> batches) {
    InputRecorder recorder = new InputRecorder(workers);
    batches.forEach(batch -> record(inference(batch), recorder));
    return recorder.inputs();
  }

  /**
   * A pass of all tokens through all layers, one layer after the other: the next overwrites what
   * entered this one.
   */
  private void record(Pass pass, InputRecorder recorder) {
    Packed packed = pass.packed();
    reserve(packed, false);
    int tokens = packed.tokens;
    int width = config.hiddenSize();
    Floats x = hidden.get(0);
    LayerActivations kept = activations.get(0);
    workers.run(
        packed.pieces.length,
        (number, scratch) -> embeddings.forward(pass, packed.pieces[number], x, scratch));
    embeddings.record(recorder, tokens);
    for (int i = 0; i < layers.size(); i++) {
      TransformerLayer layer = layers.get(i);
      Family.LayerNames names = config.family().layer(i);
      recorder.add(List.of(names.query(), names.key(), names.value()), x, width, tokens);
      workers.run(
          packed.pieces.length,
          (number, scratch) ->
              layer.forward(pass, packed.pieces[number], false, x, x, kept, scratch));
      recorder.add(List.of(names.attentionOutput()), kept.context, width, tokens);
      recorder.add(List.of(names.intermediate()), kept.middle, width, tokens);
      // Where nothing is kept the activation function works in place.
      recorder.add(List.of(names.output()), kept.wide, config.intermediateSize(), tokens);
    }
    if (config.hasDense()) {
      float[] first = new float[width];
      for (int text = 0; text < packed.texts; text++) {
        x.get((long) packed.starts[text] * width, first, width);
        firsts.put((long) text * width, first, width);
      }
      headed(pass, Head::activated);
      attached().head().orElse(head).record(recorder, packed.texts);
    }
  }

  /**
   * All layers.
   *
   * @param first whether only first tokens are wanted, which then are in {@link #firsts}; else the
   *     result is where the last layer's input was
   */
  private void forward(Pass pass, boolean first) {
    Packed packed = pass.packed();
    reserve(packed, pass.keeping());
    int last = layers.size() - 1;
    workers.run(
        packed.pieces.length,
        (number, scratch) -> {
          Piece piece = packed.pieces[number];
          embeddings.forward(pass, piece, hidden.get(0), scratch);
          for (int i = 0; i <= last; i++) {
            Floats x = input(i, pass.keeping());
            if (first && i == last) {
              layers.get(i).forward(pass, piece, true, x, firsts, lastActivations, scratch);
            } else {
              Floats y = input(i + 1, pass.keeping());
              LayerActivations kept = activations.get(pass.keeping() ? i : 0);
              layers.get(i).forward(pass, piece, false, x, y, kept, scratch);
            }
          }
        });
  }

  private Floats input(int layer, boolean keeping) {
    return hidden.get(keeping ? layer : 0);
  }

  private void reserve(Packed packed, boolean keeping) {
    int kept = keeping ? layers.size() : 1;
    while (hidden.size() < kept) {
      hidden.add(new Floats());
      activations.add(new LayerActivations(work.activated));
    }
    long size = (long) packed.tokens * config.hiddenSize();
    for (int i = 0; i < kept; i++) {
      hidden.get(i).reserve(size);
      if (!keeping || i < layers.size() - 1) {
        activations.get(i).reserve(config, packed.tokens, packed.tokens, keeping);
      }
    }
    lastActivations.asking.reserve((long) packed.texts * config.hiddenSize());
    lastActivations.reserve(config, packed.tokens, packed.texts, keeping);
    firsts.reserve((long) packed.texts * config.hiddenSize());
    embeddings.reserve(packed.tokens, keeping);
    if (keeping) {
      work.reserve(config, packed.tokens);
    }
  }

  @Override
  Gradients gradients(Batch batch, Loss loss, OptionalLong dropoutSeed) {
    Pass pass = training(batch, dropoutSeed);
    SortedMap<String, INDArray> gradients = slots.gradients();
    float[][] scores = ofTexts(pass, Head::logits);
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
  public void close() {
    workers.close();
    hidden.forEach(Floats::close);
    activations.forEach(LayerActivations::close);
    lastActivations.close();
    work.close();
    firsts.close();
    inputGradient.close();
    embeddings.close();
    head.close();
    super.close();
  }
}
