package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import io.darex.prune.LayerInput;
import io.darex.prune.SparseDelta;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The engine on SameDiff, for whatever backend ND4J has: one graph for inference, one with dropout
 * and loss for gradients, both over the same parameter arrays.
 */
public final class SameDiffEncoder implements Encoder {
  /** Added to the scores of padding: far below any score, and exact in fp32. */
  private static final double PADDED = -1e9;

  private final EncoderConfig config;
  private final DataType type;
  private final Parameters parameters;
  private final GraphEmbeddings embeddings;
  private final GraphSession inference;
  private final Map<String, String> entering;
  private TrainingGraph training;
  private TrainingGraph product;
  private Map<String, INDArray> lastGradients = Map.of();

  /**
   * An encoder with the weights of {@code checkpoint}.
   *
   * @param config with labels for a classification head
   * @param headSeed seed of the layers of the head (normal, σ = 0.02, bias 0) that are {@link
   *     EncoderConfig#drawnLayers drawn}
   * @throws IllegalArgumentException as {@link #load} does, or if vectors have one element
   */
  public SameDiffEncoder(EncoderConfig config, Checkpoint checkpoint, long headSeed) {
    this(config, checkpoint, headSeed, DataType.FLOAT);
  }

  SameDiffEncoder(EncoderConfig config, Checkpoint checkpoint, long headSeed, DataType type) {
    if (Math.min(config.hiddenSize(), config.embeddingSize()) == 1) {
      throw new IllegalArgumentException(
          "the SameDiff engine expects hidden_size and embedding_size of at least 2, as ND4J loses"
              + " means of one element, got 1");
    }
    this.config = config;
    this.type = type;
    parameters = Parameters.started(config, checkpoint, headSeed, type);
    embeddings = new GraphEmbeddings(config, parameters);
    EncoderGraph forward =
        new EncoderGraph(config, parameters.arrays(), type, EncoderGraph.Purpose.INFERENCE);
    entering = forward.entering();
    inference = new GraphSession(forward.graph());
  }

  @Override
  public EncoderConfig config() {
    return config;
  }

  @Override
  public float[][] logits(Batch batch) {
    config.requireHead();
    try (INDArray logits = infer(batch, EncoderGraph.LOGITS)) {
      return logits.toFloatMatrix();
    }
  }

  @Override
  public float[] lastHidden(Batch batch) {
    try (INDArray hidden = infer(batch, EncoderGraph.HIDDEN);
        INDArray rowMajor = hidden.dup('c')) {
      return rowMajor.data().asFloat();
    }
  }

  @Override
  public float[][] pooled(Batch batch) {
    try (INDArray pooled = infer(batch, EncoderGraph.POOLED)) {
      return pooled.toFloatMatrix();
    }
  }

  @Override
  public SortedMap<String, LayerInput> inputs(List<Batch> batches) {
    Map<String, List<String>> layers = new LinkedHashMap<>();
    entering.forEach(
        (layer, variable) -> layers.computeIfAbsent(variable, v -> new ArrayList<>()).add(layer));
    try (Workers workers = new Workers(Workers.THREADS);
        Floats rows = new Floats()) {
      InputRecorder recorder = new InputRecorder(workers);
      for (Batch batch : batches) {
        Map<String, INDArray> inputs = inputs(batch);
        Map<String, INDArray> arrays = inference.run(inputs, List.copyOf(layers.keySet()));
        layers.forEach(
            (variable, names) -> {
              INDArray array = arrays.get(variable);
              int count = copyReal(batch, array, rows);
              recorder.add(names, rows, Math.toIntExact(array.size(1)), count);
            });
        closeAll(arrays);
        closeAll(inputs);
      }
      return recorder.inputs();
    }
  }

  /** Copies the rows of real tokens, or where there is one row a text, all of them. */
  private static int copyReal(Batch batch, INDArray array, Floats into) {
    boolean perText = array.size(0) == batch.rows();
    int width = Math.toIntExact(array.size(1));
    float[][] values = array.toFloatMatrix();
    into.reserve(array.length());
    int count = 0;
    for (int row = 0; row < values.length; row++) {
      if (perText || batch.mask()[row] == 1) {
        into.put((long) count++ * width, values[row], width);
      }
    }
    return count;
  }

  private INDArray infer(Batch batch, String output) {
    Map<String, INDArray> inputs = inputs(batch);
    try {
      return inference.run(inputs, List.of(output)).get(output);
    } finally {
      closeAll(inputs);
    }
  }

  @Override
  public Gradients gradients(Batch batch, int[] labels, long dropoutSeed) {
    Loss.crossEntropy(config, batch, labels); // checks them
    INDArray wanted = Nd4j.zeros(type, labels.length, config.classes());
    for (int row = 0; row < labels.length; row++) {
      wanted.putScalar(row, labels[row], 1);
    }
    return gradients(training(), batch, wanted, dropoutSeed);
  }

  @Override
  public Gradients gradients(Batch batch, float[] targets, long dropoutSeed) {
    Loss.squaredError(config, batch, targets); // checks them
    INDArray wanted = Nd4j.createFromArray(targets).reshape(targets.length, 1).castTo(type);
    return gradients(training(), batch, wanted, dropoutSeed);
  }

  @Override
  public Gradients gradients(Batch batch, Loss loss) {
    float[][] scores = logits(batch);
    double value = loss.intoGradient(scores);
    if (product == null) {
      // Without dropout there are no masks that a seed could change.
      product =
          new TrainingGraph(
              new EncoderGraph(
                  config.withDropout(0), parameters.arrays(), type, EncoderGraph.Purpose.PRODUCT));
    }
    INDArray wanted = Nd4j.createFromArray(scores).castTo(type);
    return new Gradients(value, gradients(product, batch, wanted, 0).byName());
  }

  private TrainingGraph training() {
    if (training == null) {
      training =
          new TrainingGraph(
              new EncoderGraph(config, parameters.arrays(), type, EncoderGraph.Purpose.TRAINING));
    }
    return training;
  }

  private Gradients gradients(TrainingGraph graph, Batch batch, INDArray wanted, long dropoutSeed) {
    Map<String, INDArray> inputs = inputs(batch);
    closeAll(lastGradients);
    lastGradients = Map.of();
    inputs.put(EncoderGraph.LABELS, wanted);
    try {
      inputs.putAll(graph.masks(dropoutSeed, type, batch));
      Map<String, INDArray> outputs = graph.run(inputs);
      lastGradients = outputs;
      SortedMap<String, INDArray> gradients = new TreeMap<>(outputs);
      double loss = gradients.remove(EncoderGraph.LOSS).getDouble(0);
      INDArray embedded = gradients.remove(EncoderGraph.EMBEDDED);
      gradients.putAll(embeddings.gradients(batch, embedded));
      return new Gradients(loss, gradients);
    } finally {
      closeAll(inputs);
    }
  }

  @Override
  public Map<String, INDArray> parameters() {
    return parameters.arrays();
  }

  @Override
  public Checkpoint checkpoint() {
    return parameters.snapshot();
  }

  @Override
  public void load(Checkpoint checkpoint) {
    parameters.load(checkpoint);
  }

  @Override
  public void attach(SparseDelta delta) {
    throw new IllegalArgumentException(
        "the SameDiff engine keeps no delta beside its weights: expected engine direct or torch");
  }

  @Override
  public void detach() {
    // There never is one.
  }

  @Override
  public MultiplyAdds multiplyAdds() {
    throw new IllegalStateException("no delta is attached");
  }

  @Override
  public void close() {
    closeAll(lastGradients);
    lastGradients = Map.of();
    embeddings.close();
    parameters.close();
  }

  private Map<String, INDArray> inputs(Batch batch) {
    parameters.requireOpen();
    long rows = batch.rows();
    long columns = batch.columns();
    long heads = config.heads();
    long width = config.hiddenSize() / heads;
    Map<String, INDArray> inputs = new HashMap<>();
    inputs.put(EncoderGraph.EMBEDDED, embeddings.of(batch));
    double[] padding = Arrays.stream(batch.mask()).mapToDouble(m -> m == 1 ? 0 : PADDED).toArray();
    inputs.put(EncoderGraph.PADDING, Nd4j.create(padding, new long[] {rows, 1, 1, columns}, type));
    inputs.put(EncoderGraph.SPLIT, Nd4j.createFromArray(rows, columns, heads, width));
    inputs.put(EncoderGraph.SPLIT_FIRST, Nd4j.createFromArray(rows, 1, heads, width));
    return inputs;
  }

  private static void closeAll(Map<String, INDArray> arrays) {
    arrays.values().forEach(INDArray::close);
  }
}
